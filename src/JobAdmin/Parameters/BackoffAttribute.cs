using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Parameters;

/// <summary>Lets a backoff parameter take <c>5s</c> for a fixed wait, <c>exponential:1s</c>, or a hashtable with Type and Delay.</summary>
public sealed class BackoffAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>A <see cref="JobBackoff"/>, or null.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Convert(inputData);

    /// <summary>Converts a value.</summary>
    internal static JobBackoff? Convert(object? value)
    {
        switch (DurationAttribute.AsWritten(value))
        {
            case null:
                return null;
            case JobBackoff backoff:
                return backoff;
            case System.Collections.IDictionary table:
                var settings = new NamedValues(table, "Backoff");
                var type = settings.Text("Type") ?? "fixed";
                if (settings.HasNull("Delay"))
                {
                    throw JobErrors.Input("InvalidSetting", "The Delay of Backoff is null, which is no length of time.", "Give one, as in @{ Type = 'fixed'; Delay = '5s' }, or leave Delay out for none.");
                }

                var made = new JobBackoff(type, settings.Duration("Delay") ?? TimeSpan.Zero);
                settings.RefuseOthers();
                return made;
            case string text when text.IndexOf(':') is var colon and > 0 && !char.IsDigit(text[0]):
                return new JobBackoff(text[..colon].Trim(), Span(text[(colon + 1)..]));
            case var span:
                return new JobBackoff("fixed", Span(span));
        }
    }

    private static TimeSpan Span(object value) => (TimeSpan)new DurationAttribute().Transform(null!, value)!;
}
