using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Parameters;

/// <summary>Lets an id parameter take numbers, and refuse what is no id, so that a background job in the first place binds to <c>-Job</c>.</summary>
public sealed class JobIdAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>The ids.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var items = LanguagePrimitives.GetEnumerable(inputData) ?? new[] { inputData };
        return items.Cast<object?>().Select(item => item is PSObject wrapped ? wrapped.BaseObject : item).Select(ToId).ToArray();
    }

    private static string ToId(object? value) => value switch
    {
        null => "",
        string text => text,
        QueueJob job => job.Id,
        ValueType number => Convert.ToString(number, CultureInfo.InvariantCulture) ?? "",
        _ => throw new ArgumentTransformationMetadataException($"A {value.GetType().Name} is not a job id."),
    };
}
