using System.Management.Automation;

namespace JobAdmin.Parameters;

/// <summary>Refuses a script block where a text is wanted. Without quotes <c>{bull}</c> is one, and PowerShell would take what stands in it: <c>bull</c>, another name.</summary>
public sealed class PlainTextAttribute : ArgumentTransformationAttribute
{
    /// <summary>Checks an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>The argument as it was.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var items = LanguagePrimitives.GetEnumerable(inputData) ?? new[] { inputData };
        return items.Cast<object?>().Select(static item => item is PSObject wrapped ? wrapped.BaseObject : item).OfType<ScriptBlock>().FirstOrDefault() is { } block
            ? throw new ArgumentTransformationMetadataException($"{{{block}}} is a script block and no text: quote it, as in '{{{block}}}'.") : inputData;
    }
}
