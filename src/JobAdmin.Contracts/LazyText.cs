using System.Text;

namespace JobAdmin;

/// <summary>A text as it came, made a string when somebody looks.</summary>
internal struct LazyText
{
    private object? text;

    public LazyText(string? text) => this.text = text;

    public LazyText(byte[]? utf8) => text = utf8;

    public string? Value
    {
        get
        {
            if (text is byte[] utf8)
            {
                text = Encoding.UTF8.GetString(utf8);
            }

            return (string?)text;
        }
    }
}
