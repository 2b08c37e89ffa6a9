using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Parameters;

/// <summary>Lets a parameter for finished jobs to keep take a number of jobs (<c>100</c>), an age (<c>7d</c>), or both (<c>100, 7d</c>).</summary>
public sealed class KeepAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>A <see cref="JobKeep"/>, or null.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Convert(inputData);

    /// <summary>Converts a value.</summary>
    internal static JobKeep? Convert(object? value)
    {
        var plain = DurationAttribute.AsWritten(value);
        if (plain is null or JobKeep)
        {
            return (JobKeep?)plain;
        }

        int? count = null;
        TimeSpan? age = null;
        foreach (var item in plain is string text ? text.Split(',') : LanguagePrimitives.GetEnumerable(plain) ?? new[] { plain })
        {
            var part = DurationAttribute.AsWritten(item);
            if (AgeOf(part) is { } span && age is null)
            {
                age = span;
            }
            else if (count is null && part is not decimal && int.TryParse(System.Convert.ToString(part, CultureInfo.InvariantCulture), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= -1)
            {
                count = number;
            }
            else
            {
                throw new ArgumentTransformationMetadataException($"'{plain}' does not say what to keep: give a number of jobs, an age as in 7d, or both, as in 100,7d.");
            }
        }

        return new JobKeep(count, age);
    }

    // Within a list, 7d has become the decimal 7 before anybody could see how it was written, and 45s a short integer.
    private static TimeSpan? AgeOf(object? part) => part switch
    {
        TimeSpan span => span,
        decimal days and >= 0 and < 10_000_000 => TimeSpan.FromDays((double)days),
        short seconds => TimeSpan.FromSeconds(seconds),
        string text => DurationAttribute.FromUnits(text.Trim()),
        _ => null,
    };
}
