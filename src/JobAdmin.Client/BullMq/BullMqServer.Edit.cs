using System.Globalization;

namespace JobAdmin.Client.BullMq;

/// <summary>Changing what is in a job that no worker has.</summary>
internal sealed partial class BullMqServer
{
    private static LuaScript EditScript(string queue, int major, JobChange.Edit edit)
    {
        if (edit.Priority is < 0 or > NewJobOptions.PriorityLimit)
        {
            throw new JobServerException("InvalidPriority", JobErrorKind.InvalidInput, $"{edit.Priority} is no priority: it goes from 0 (none) to {NewJobOptions.PriorityLimit}, and 1 goes first.")
            { Target = edit.Priority };
        }

        if (major > 4)
        {
            return ScriptCatalog.Together(major, ["changeDelay-4", "changePriority-7", "updateData-1", "updateProgress-3"], "edit");
        }

        return edit.Priority is null && edit.Delay is null ? ScriptCatalog.Together(major, ["updateData-1", "updateProgress-3"], "edit")
            : throw new JobServerException("NotSupported", JobErrorKind.NotSupported, $"Queue '{queue}' is of BullMQ 4: of its jobs, only data and progress are changed from here.",
                "Change the rest with the application's own library.") { Target = queue };
    }

    private static object[] EditHead(QueueKeys keys, int major, string certain, JobChange.Edit edit)
    {
        var what = string.Concat(edit.Data is null ? "" : "d", edit.Priority is null ? "" : "p", edit.Delay is null ? "" : "t", edit.Progress is null ? "" : "g");
        return
        [
            keys.Base, major.ToString(CultureInfo.InvariantCulture), certain, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), what,
            edit.Data ?? "", edit.Priority ?? 0, edit.Delay is { } delay ? NewJobOptions.Milliseconds(delay) : 0, edit.Progress ?? "",
        ];
    }
}
