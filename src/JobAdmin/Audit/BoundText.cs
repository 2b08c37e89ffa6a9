using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace JobAdmin.Audit;

/// <summary>The parameters of a command as they may be written down: no secret, no job data.</summary>
internal static partial class BoundText
{
    private const int ItemsAtMost = 20;
    private const int LengthAtMost = 500;

    /// <summary>What stands for a value that is not written down.</summary>
    public const string Hidden = "***";

    /// <summary>The parameters by name, those of every cmdlet left out.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    public static SortedDictionary<string, object?> Of(PSCmdlet cmdlet)
    {
        var parameters = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        var type = cmdlet.GetType();
        foreach (var (name, value) in cmdlet.MyInvocation.BoundParameters)
        {
            // What any object may be given for is data of jobs, or an object of the pipeline.
            if (type.GetProperty(name) is { } property)
            {
                var of = property.PropertyType;
                parameters[name] = of == typeof(object) || of == typeof(object[]) || of == typeof(PSObject) || typeof(IDictionary).IsAssignableFrom(of) ? Hidden : Plain(value);
            }
        }

        parameters.Remove("InputObject");
        return parameters;
    }

    /// <summary>The parameters that say what a command does, to compare two runs by: what is long, or holds data of jobs, by its hash.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="left">Names of parameters that make no difference.</param>
    public static SortedDictionary<string, string> Meaning(PSCmdlet cmdlet, IReadOnlyCollection<string> left)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var type = cmdlet.GetType();
        foreach (var (name, value) in cmdlet.MyInvocation.BoundParameters)
        {
            if (left.Contains(name) || type.GetProperty(name) is not { } property || value is SwitchParameter { IsPresent: false })
            {
                continue;
            }

            var of = property.PropertyType;
            var isData = of == typeof(object) || of == typeof(object[]) || typeof(IDictionary).IsAssignableFrom(of);
            var text = isData ? DataText(value, name) : Whole(value);
            parameters[name] = isData || text.Length > 200 ? "sha256:" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32] : text;
        }

        return parameters;
    }

    private static string DataText(object? value, string name)
    {
        try
        {
            return Parameters.JsonText.Of(value, name);
        }
        catch (JobServerException) when ((value is PSObject wrapped ? wrapped.BaseObject : value) is string)
        {
            // A parameter that takes any object may take a plain text, as the new name of a queue is.
            return Whole(value);
        }
    }

    private static string Whole(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string text => text,
        JobServerConnection { Server: { } server } => Checkpoints.CheckpointRun.Name(server),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IEnumerable items => string.Join(", ", items.Cast<object?>().Select(Whole)),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "",
    };

    private static object? Plain(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => null,
        string text => Text(text),
        SwitchParameter given => given.IsPresent,
        bool or int or long or double => value,
        DateTime or DateTimeOffset or TimeSpan or Enum or Guid or JobServerConnection => Convert.ToString(value, CultureInfo.InvariantCulture),
        IEnumerable items => Items([.. items.Cast<object?>()]),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => Hidden,
    };

    private static List<object?> Items(List<object?> items)
    {
        var shown = items.Take(ItemsAtMost).Select(Plain).ToList();
        if (items.Count > shown.Count)
        {
            shown.Add($"… and {items.Count - shown.Count} more");
        }

        return shown;
    }

    private static string Text(string text)
    {
        text = Login().Replace(text, "://" + Hidden + "@");
        return text.Length <= LengthAtMost ? text : text[..LengthAtMost] + "…";
    }

    [GeneratedRegex(@"(?<=[a-z])://[^\s/@]+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Login();
}
