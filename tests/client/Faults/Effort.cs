using System.Globalization;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>How much a randomised test does: little in the ordinary run, much with <c>JOBADMIN_FULL=1</c>. <c>JOBADMIN_SEED</c> repeats one run.
/// With <c>JOBADMIN_FIGURES</c> each figure is added to that file.</summary>
internal static class Effort
{
    public static bool Full => Environment.GetEnvironmentVariable("JOBADMIN_FULL") == "1";

    /// <summary>The seeds of the runs.</summary>
    public static IEnumerable<int> Seeds(int few, int many) =>
        int.TryParse(Environment.GetEnvironmentVariable("JOBADMIN_SEED"), CultureInfo.InvariantCulture, out var seed) ? [seed] : Enumerable.Range(1, Full ? many : few);

    public static int Count(int few, int many) => Full ? many : few;

    /// <summary>Says how a test that fails with a seed is run again.</summary>
    public static void Run(int seed, string what, Exception cause) =>
        throw new InvalidOperationException($"{what} with seed {seed} (again: JOBADMIN_SEED={seed}{(Full ? " JOBADMIN_FULL=1" : "")}): {cause.Message}", cause);

    public static void Report(string what, string figures)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {figures}");
        if (Environment.GetEnvironmentVariable("JOBADMIN_FIGURES") is { Length: > 0 } file)
        {
            lock (typeof(Effort))
            {
                File.AppendAllText(file, $"{what}: {figures}\n");
            }
        }
    }
}
