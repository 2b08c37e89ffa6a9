using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace JobAdmin.Display;

/// <summary>Texts in views that need nothing but to be safe: in lists, and of objects that came through CLIXML (background jobs, remoting), which have only their properties.</summary>
public static class PlainCells
{
    private const int LongestText = 4000;

    /// <summary>Its property Queue, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Queue(PSObject instance) => Shown(instance);

    /// <summary>Its property Connection, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Connection(PSObject instance) => Shown(instance);

    /// <summary>Its property Id, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Id(PSObject instance) => Shown(instance);

    /// <summary>Its property Name, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Name(PSObject instance) => Shown(instance);

    /// <summary>Its property Event, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Event(PSObject instance) => Shown(instance);

    /// <summary>Its property FailedReason, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string FailedReason(PSObject instance) => Shown(instance);

    /// <summary>Its property ReturnValue, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string ReturnValue(PSObject instance) => Shown(instance);

    /// <summary>Its property Progress, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Progress(PSObject instance) => Shown(instance);

    /// <summary>Its property Previous, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Previous(PSObject instance) => Shown(instance);

    /// <summary>Its property Text, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Text(PSObject instance) => Shown(instance);

    /// <summary>Its property GroupId, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string GroupId(PSObject instance) => Shown(instance);

    /// <summary>Its property Message, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Message(PSObject instance) => Shown(instance);

    /// <summary>Its property NewId, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string NewId(PSObject instance) => Shown(instance);

    /// <summary>Its property Reason, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Reason(PSObject instance) => Shown(instance);

    /// <summary>Its property Example, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Example(PSObject instance) => Shown(instance);

    /// <summary>Its property JobNames, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string JobNames(PSObject instance) => Shown(instance);

    /// <summary>Its property SampleIds, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string SampleIds(PSObject instance) => Shown(instance);

    /// <summary>Its property BlockedBy, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string BlockedBy(PSObject instance) => Shown(instance);

    /// <summary>Its property Advice, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Advice(PSObject instance) => Shown(instance);

    /// <summary>Its property Keys, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Keys(PSObject instance) => Shown(instance);

    /// <summary>Its property NextJobId, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string NextJobId(PSObject instance) => Shown(instance);

    /// <summary>Its property Pattern, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Pattern(PSObject instance) => Shown(instance);

    /// <summary>Its property Problem, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Problem(PSObject instance) => Shown(instance);

    /// <summary>Its property Data, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Data(PSObject instance) => Shown(instance);

    /// <summary>Its property Options, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Options(PSObject instance) => Shown(instance);

    /// <summary>Its property Host, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Host(PSObject instance) => Shown(instance);

    /// <summary>Its property Fields, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Fields(PSObject instance) => Shown(instance);

    /// <summary>Its property Version, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Version(PSObject instance) => Shown(instance);

    /// <summary>Its property ServerVersion, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string ServerVersion(PSObject instance) => Shown(instance);

    /// <summary>Its property Warnings, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Warnings(PSObject instance) => Shown(instance);

    /// <summary>Its property Notes, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Notes(PSObject instance) => Shown(instance);

    /// <summary>Its property Prefix, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string Prefix(PSObject instance) => Shown(instance);

    /// <summary>Its property DefaultQueue, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string DefaultQueue(PSObject instance) => Shown(instance);

    /// <summary>Its property User, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string User(PSObject instance) => Shown(instance);

    /// <summary>Its property TimeZone, with control characters made visible.</summary>
    /// <param name="instance">The object.</param>
    /// <returns>The text; empty without the property.</returns>
    public static string TimeZone(PSObject instance) => Shown(instance);

    private static string Shown(PSObject instance, [CallerMemberName] string property = "") => instance.Properties[property]?.Value switch
    {
        null => "",
        string text => CellText.Visible(text, LongestText),
        PSObject { BaseObject: IEnumerable and not string } list => Listed((IEnumerable)list.BaseObject),
        IEnumerable list => Listed(list),
        var value => CellText.Visible(value.ToString(), LongestText),
    };

    private static string Listed(IEnumerable list) => CellText.Visible(string.Join(", ", list.Cast<object?>().Select(item => item switch
    {
        DictionaryEntry entry => $"{entry.Key}={entry.Value}",
        KeyValuePair<string, string> pair => $"{pair.Key}={pair.Value}",
        _ => $"{item}",
    })), LongestText);
}
