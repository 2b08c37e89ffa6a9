using System.Globalization;
using System.Text.Json;

namespace JobAdmin;

/// <summary>Something that a job's data must hold: a value at a path, or a text anywhere.</summary>
public sealed class JobDataMatch
{
    private const double ExactBelow = 1L << 53;

    private readonly JobWildcard pattern;
    private readonly List<Step> steps = [];

    /// <summary>Looks for a text anywhere in the data as they are stored.</summary>
    /// <param name="text">The text, in any case; <c>* ? [ ]</c> are wildcards.</param>
    public JobDataMatch(string text)
    {
        Text = text;
        pattern = new JobWildcard("*" + text + "*");
    }

    /// <summary>Looks for a value at a path.</summary>
    /// <param name="path">The path: <c>user.email</c>, <c>items[0].sku</c>, <c>items.sku</c> for any item, <c>['a name'].x</c>; a leading <c>$.</c> is allowed.</param>
    /// <param name="value">A wildcard pattern for the whole value, in any case; a number also matches when it is written differently. <c>*</c>: whatever is there.</param>
    /// <exception cref="JobServerException">The path can't be read.</exception>
    public JobDataMatch(string path, string value)
    {
        Path = path;
        Text = value;
        pattern = new JobWildcard(value);
        Read(path);
    }

    /// <summary>The path, or null when the text may be anywhere.</summary>
    public string? Path { get; }

    /// <summary>The text or the value's pattern.</summary>
    public string Text { get; }

    internal JobWildcard Pattern => pattern;

    /// <summary>The name of the property that must be there, or null when the path ends with an index.</summary>
    internal string? Property => steps.Count > 0 ? steps[^1].Name : null;

    /// <summary>Whether a job's data match.</summary>
    /// <param name="job">The job, read with its data.</param>
    /// <returns>Whether they do. Data that are not JSON have no paths.</returns>
    public bool IsMatch(QueueJob job) => Path is null ? pattern.IsMatch(job.GetDataText()) : job.GetData() is { } data && Find(data, 0);

    /// <summary>The condition in words.</summary>
    /// <returns>The words.</returns>
    public override string ToString() => Path is null ? $"'{Text}'" : $"{Path} = {Text}";

    private bool Find(JsonElement at, int step)
    {
        if (step == steps.Count)
        {
            return IsValue(at);
        }

        var wanted = steps[step];
        if (wanted.Name is { } name)
        {
            // A name on a list means that of any of its items.
            return at.ValueKind switch
            {
                JsonValueKind.Object => JsonStrings.TryGet(at, name, out var value) && Find(value, step + 1),
                JsonValueKind.Array => at.EnumerateArray().Any(item => Find(item, step)),
                _ => false,
            };
        }

        return at.ValueKind == JsonValueKind.Array && (wanted.Index is { } index
            ? index < at.GetArrayLength() && Find(at[index], step + 1)
            : at.EnumerateArray().Any(item => Find(item, step + 1)));
    }

    private bool IsValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => pattern.IsMatch(JsonStrings.Read(value)),
        JsonValueKind.Number => pattern.IsMatch(value.GetRawText()) || IsNumber(value),
        JsonValueKind.Array when value.GetArrayLength() > 0 && !pattern.IsMatch(value.GetRawText()) => value.EnumerateArray().Any(IsValue),
        _ => pattern.IsMatch(value.GetRawText()),
    };

    private bool IsNumber(JsonElement value)
    {
        if (!double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var wanted) || !value.TryGetDouble(out var number) || wanted != number)
        {
            return false;
        }

        // Beyond 2^53 neighbours are the same as a double: an id of 18 digits is not the one after it.
        return Math.Abs(number) < ExactBelow || !value.TryGetDecimal(out var exact)
            || !decimal.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var asked) || exact == asked;
    }

    private void Read(string path)
    {
        var at = path.StartsWith('$') ? 1 : 0;
        while (at < path.Length)
        {
            if (path[at] == '[')
            {
                at = ReadBracket(path, at);
                continue;
            }

            at += path[at] == '.' ? 1 : 0;
            var end = path.AsSpan(at).IndexOfAny('.', '[') is var length and >= 0 ? at + length : path.Length;
            if (end == at)
            {
                throw Unreadable(path);
            }

            steps.Add(new Step(path[at..end], null));
            at = end;
        }

        if (steps.Count == 0)
        {
            throw Unreadable(path);
        }
    }

    private int ReadBracket(string path, int open)
    {
        if (open + 1 < path.Length && path[open + 1] is '\'' or '"')
        {
            var quote = path.IndexOf(path[open + 1] + "]", open + 2, StringComparison.Ordinal);
            steps.Add(quote > 0 ? new Step(path[(open + 2)..quote], null) : throw Unreadable(path));
            return quote + 2;
        }

        var close = path.IndexOf(']', open);
        var inside = close > 0 ? path[(open + 1)..close] : throw Unreadable(path);
        steps.Add(inside == "*" ? new Step(null, null)
            : int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? new Step(null, index) : throw Unreadable(path));
        return close + 1;
    }

    private static JobServerException Unreadable(string path) => new("InvalidDataPath", JobErrorKind.InvalidInput, $"'{path}' is no path into a job's data.",
        "Write it as user.email, items[0].sku, items.sku (any item) or ['a name'].x.") { Target = path };

    private readonly record struct Step(string? Name, int? Index);
}
