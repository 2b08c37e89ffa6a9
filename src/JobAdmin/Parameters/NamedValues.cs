using System.Collections;
using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Parameters;

/// <summary>Values by name, as a hashtable or the properties of an object have them, taken one by one; what is left over at the end is a mistake.</summary>
internal sealed class NamedValues
{
    private readonly Dictionary<string, object?> values = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedSet<string> known = new(StringComparer.OrdinalIgnoreCase);
    private readonly string what;

    public NamedValues(object source, string what)
    {
        this.what = what;
        if ((source is PSObject wrapped ? wrapped.BaseObject : source) is IDictionary table)
        {
            foreach (DictionaryEntry entry in table)
            {
                values[entry.Key.ToString() ?? ""] = entry.Value;
            }
        }
        else
        {
            foreach (var property in PSObject.AsPSObject(source).Properties)
            {
                values[property.Name] = property.Value;
            }
        }
    }

    /// <summary>A value as it is; null when there is none.</summary>
    public object? Value(params string[] names)
    {
        foreach (var name in names)
        {
            known.Add(name);
        }

        foreach (var name in names)
        {
            if (values.Remove(name, out var value))
            {
                return value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
            }
        }

        return null;
    }

    /// <summary>Whether there is such a value, empty or not.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>Whether there is such a value, and it is null.</summary>
    public bool HasNull(string name) => values.TryGetValue(name, out var value) && value is null;

    public string? Text(params string[] names) => Value(names)?.ToString() is { Length: > 0 } text ? text : null;

    public T? Of<T>(params string[] names)
        where T : struct
    {
        var value = Value(names);
        return value is null or "" ? null : LanguagePrimitives.TryConvertTo<T>(value, System.Globalization.CultureInfo.InvariantCulture, out var converted) ? converted
            : throw JobErrors.Input("InvalidSetting", $"The {names[0]} of {what} is '{value}', which can't be.", null, value);
    }

    /// <summary>A time, as it is typed: Export-Csv writes it by the session's culture.</summary>
    public DateTimeOffset? Time(string name)
    {
        var value = Value(name);
        return value is null or "" ? null : TimeText.TryParse(value, out var time) ? time
            : throw JobErrors.Input("InvalidSetting", $"The {name} of {what} is '{value}', which is no time here.", "Write it as in 2027-06-01 or 2027-06-01T03:00:00Z, or as the session's culture does.", value);
    }

    /// <summary>A length of time: what a duration parameter takes, or what ConvertTo-Json makes of a TimeSpan.</summary>
    public TimeSpan? Duration(params string[] names) => Converted(names, static value => value is PSObject picture && picture.Properties["Ticks"]?.Value is { } ticks
        ? TimeSpan.FromTicks(LanguagePrimitives.ConvertTo<long>(ticks)) : (TimeSpan?)new DurationAttribute().Transform(null!, value));

    public T? Converted<T>(string[] names, Func<object, T?> convert)
    {
        if (Value(names) is not { } value || value is "")
        {
            return default;
        }

        try
        {
            return convert(value);
        }
        catch (ArgumentTransformationMetadataException e)
        {
            throw JobErrors.Input("InvalidSetting", $"The {names[0]} of {what} can't be used: {e.Message}", null, value);
        }
    }

    public void RefuseOthers()
    {
        if (values.Keys.FirstOrDefault() is { } other)
        {
            throw JobErrors.Input("InvalidSetting", $"{what} can't have '{other}'.", $"It may have {string.Join(", ", known)}.", other);
        }
    }
}
