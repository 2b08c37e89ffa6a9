using System.Text.Json;
using JobAdmin.Base;

namespace JobAdmin.Parameters;

/// <summary>What BullMQ's options are made of. It takes them as they come: a text where it wants a number, or a name in other letters, would be wrong without a word.</summary>
internal static class OptionKinds
{
    private static readonly (string Kind, JsonValueKind[] Fitting, string[] Names)[] Known =
    [
        ("a number from 0 on", [JsonValueKind.Number], ["attempts", "delay", "priority", "timestamp", "keepLogs", "kl", "stackTraceLimit", "sizeLimit"]),
        ("true or false", [JsonValueKind.True, JsonValueKind.False],
            ["lifo", "failParentOnFailure", "fpof", "continueParentOnFailure", "cpof", "ignoreDependencyOnFailure", "idof", "removeDependencyOnFailure", "rdof"]),
        ("true, false, a number, or an object with age and count", [JsonValueKind.True, JsonValueKind.False, JsonValueKind.Number, JsonValueKind.Object], ["removeOnComplete", "removeOnFail"]),
        ("a number of milliseconds, or an object with type and delay", [JsonValueKind.Number, JsonValueKind.Object], ["backoff"]),
        ("an object", [JsonValueKind.Object], ["deduplication", "de", "telemetry"]),
    ];

    /// <summary>Refuses an option that workers would take for something else.</summary>
    /// <param name="option">The option.</param>
    public static void Check(JsonProperty option)
    {
        var name = JsonStrings.Name(option);
        foreach (var (kind, fitting, names) in Known)
        {
            if (Array.Find(names, one => one.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } known)
            {
                continue;
            }

            if (known != name)
            {
                throw JobErrors.Input("InvalidSetting", $"BullMQ has no option '{name}': its names tell capital letters from small ones.", $"Write {known}.", name);
            }

            var value = option.Value;
            var isNumber = value.ValueKind == JsonValueKind.Number;
            if (value.ValueKind != JsonValueKind.Null
                && (!fitting.Contains(value.ValueKind) || (isNumber && (!double.IsFinite(value.GetDouble()) || (fitting.Length == 1 && value.GetDouble() < 0)))))
            {
                throw JobErrors.Input("InvalidSetting", $"The option '{name}' can't be {value.GetRawText()}.", $"Give {kind}, as in -Option @{{ attempts = 3; removeOnComplete = $true }}.", name);
            }

            return;
        }
    }
}
