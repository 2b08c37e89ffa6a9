using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Ids as Redis has them.</summary>
internal sealed class IdTexts
{
    private byte[] bytes = new byte[4096];
    private Slice[] slices = [];

    /// <summary>An id.</summary>
    /// <param name="index">Its place.</param>
    public ReadOnlySpan<byte> this[int index] => slices[index].Of(bytes);

    /// <summary>Takes on ids in the place of those before.</summary>
    public void Set(IReadOnlyList<string> ids)
    {
        slices = slices.Length < ids.Count ? new Slice[ids.Count] : slices;
        var at = 0;
        for (var i = 0; i < ids.Count; i++)
        {
            var most = Encoding.UTF8.GetMaxByteCount(ids[i].Length);
            if (bytes.Length - at < most)
            {
                Array.Resize(ref bytes, bytes.Length * 2 + most);
            }

            slices[i] = new Slice(at, Encoding.UTF8.GetBytes(ids[i], bytes.AsSpan(at)));
            at += slices[i].Length;
        }
    }
}
