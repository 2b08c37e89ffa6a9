using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Finds the places of fields by their names, as bytes.</summary>
internal sealed class FieldNames
{
    private readonly (byte[] Name, int Place)[][] byLength;

    /// <summary>Makes it.</summary>
    /// <param name="names">The names, in the order of their places.</param>
    public FieldNames(params string[] names)
    {
        byLength = new (byte[], int)[names.Max(static name => name.Length) + 1][];
        for (var length = 0; length < byLength.Length; length++)
        {
            byLength[length] = [.. names.Select(static (name, place) => (Encoding.UTF8.GetBytes(name), place)).Where(known => known.Item1.Length == length)];
        }
    }

    /// <summary>The place of a field; -1 where it is none of them.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        foreach (var (known, place) in name.Length < byLength.Length ? byLength[name.Length] : [])
        {
            if (name.SequenceEqual(known))
            {
                return place;
            }
        }

        return -1;
    }
}
