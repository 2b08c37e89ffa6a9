namespace JobAdmin.Base;

/// <summary>What is said of a deletion whose answers were lost in part.</summary>
internal static class LostAnswers
{
    /// <summary>The warning, or null when all answers came.</summary>
    /// <param name="last">The last progress that was reported.</param>
    /// <returns>The warning.</returns>
    public static string? Warning(BulkProgress last) => last.Uncertain == 0 ? null
        : $"The connection broke meanwhile and was taken up again. {last.Done:N0} jobs were counted; up to {last.Uncertain:N0} more were deleted whose count was lost.";
}
