using System.Management.Automation;

namespace JobAdmin.Parameters;

/// <summary>Lets a parameter for a time take ISO 8601 in every culture: PowerShell reads what is given to a cmdlet in the culture's own calendar, in which 2027-06-01 may be centuries away.</summary>
public sealed class TimeAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>The time, or the argument as it is where PowerShell has to say what is wrong with it.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is string text && TimeText.TryParse(text, out var time) ? time : inputData;
}
