namespace JobAdmin.Display;

/// <summary>Numbers as a row of bars.</summary>
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>All of the numbers; of more than fit, neighbours are put together.</summary>
    public static string Whole(IReadOnlyList<double> numbers, int width)
    {
        if (numbers.Count == 0)
        {
            return "";
        }

        var sums = new double[Math.Min(width, numbers.Count)];
        for (var i = 0; i < numbers.Count; i++)
        {
            sums[(int)((long)i * sums.Length / numbers.Count)] += numbers[i];
        }

        return Draw(sums);
    }

    /// <summary>The newest of the numbers, at the right edge of the width.</summary>
    public static string Newest(IReadOnlyList<double> numbers, int width) =>
        Draw([.. numbers.Skip(Math.Max(0, numbers.Count - width))]).PadLeft(width);

    // Nothing is the lowest bar; whatever happened stands out above it.
    private static string Draw(double[] numbers)
    {
        var highest = numbers.Length == 0 ? 0 : numbers.Max();
        return string.Concat(numbers.Select(number => number <= 0 ? Bars[0] : Bars[1 + (int)Math.Round((Bars.Length - 2) * number / highest)]));
    }
}
