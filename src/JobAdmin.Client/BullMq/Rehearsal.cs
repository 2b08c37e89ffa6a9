namespace JobAdmin.Client.BullMq;

/// <summary>Has the runtime load, beside what the user does next, what a session's first listing needs: at first use that takes longer than the listing itself.
/// Redis is sent a PING, the jobs are made up, and nothing is kept.</summary>
internal static class Rehearsal
{
    private static int begun;

    /// <summary>Begins it, once a session.</summary>
    public static void Begin(BullMqServer server, ScriptRunner runner)
    {
        if (Interlocked.Exchange(ref begun, 1) == 0)
        {
            _ = Task.Run(() => RunAsync(server, runner));
        }
    }

    private static async Task RunAsync(BullMqServer server, ScriptRunner runner)
    {
        try
        {
            ReadPage(server);
            await runner.CommandAsync(reads: true, "PING", [], CancellationToken.None).ConfigureAwait(false);
        }
        catch (JobServerException)
        {
            // The next command will say it.
        }
    }

    private static void ReadPage(BullMqServer server)
    {
        var page = new MsgPackWriter();
        foreach (var value in (string[])["1", "1700000000000", "failed"])
        {
            page.WriteString(value);
        }

        foreach (var field in JobRows.Fields)
        {
            page.WriteString(field switch { "name" or "failedReason" => field, "opts" => "3", "timestamp" or "processedOn" or "finishedOn" or "atm" or "delay" => "1", _ => null });
        }

        var filter = new FilterText(new JobFilter(), scoreIsTime: true);
        _ = new JobRows(server, "", JobParts.None).ReadPage(page.ToArray(), 1, filter);
    }
}
