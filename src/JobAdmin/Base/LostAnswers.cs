namespace JobAdmin.Base;

/// <summary>What is said of a change whose answers were lost in part.</summary>
internal static class LostAnswers
{
    /// <summary>The warning, or null when all answers came.</summary>
    /// <param name="last">The last progress that was reported.</param>
    /// <param name="participle">What was done.</param>
    /// <returns>The warning.</returns>
    public static string? Warning(BulkProgress last, string participle = "deleted") => last.Uncertain == 0 ? null
        : $"The connection broke meanwhile and was taken up again. {last.Done:N0} jobs were counted; up to {last.Uncertain:N0} more were {participle} whose count was lost.";
}
