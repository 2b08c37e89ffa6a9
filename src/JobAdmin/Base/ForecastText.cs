namespace JobAdmin.Base;

/// <summary>What a change would come to beyond the jobs that are named, as the end of a sentence.</summary>
internal static class ForecastText
{
    /// <summary>The words; empty when there is nothing to tell.</summary>
    public static string Of(JobForecast forecast)
    {
        var bound = forecast.IsLeast ? "at least " : forecast.IsMost ? "up to " : "";
        var below = forecast.Below == 0 ? "" : $", with {bound}{forecast.Below:N0} {(forecast.Below == 1 ? "job that hangs" : "jobs that hang")} below in flows";
        var refused = string.Join(", ", new[] { (forecast.SchedulerOwned, "owned by schedulers"), (forecast.Locked, "held by workers"), (forecast.Missing, "not there") }
            .Where(part => part.Item1 > 0).Select(part => $"{part.Item1:N0} {part.Item2}"));
        return below + (refused.Length > 0 ? $" (refused: {refused})" : "");
    }
}
