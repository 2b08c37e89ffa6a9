using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using JobAdmin.Client.BullMq;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Texts are escaped as the runtime's own writer does it.</summary>
public sealed class RecordTextTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Every_sign_as_the_runtime_writes_it()
    {
        var json = new RecordText();
        for (var sign = 0; sign <= 0x10ffff; sign += sign is 0xd7ff ? 0x801 : sign > 0x20000 ? 97 : 1)
        {
            AssertSame(json, new Rune(sign).ToString());
        }
    }

    [Fact]
    public void Signs_of_all_kinds_at_every_place()
    {
        var json = new RecordText();
        string[] odd = ["\"", "\\", "\n", "\0", "\u007f", "é", "\u2028", "中文", "😀", "\ud7ff"];
        for (var before = 0; before < 40; before++)
        {
            foreach (var sign in odd)
            {
                AssertSame(json, new string('a', before) + sign + new string('b', 40 - before));
                AssertSame(json, new string('a', before) + sign);
            }
        }

        AssertSame(json, "");
        AssertSame(json, new string('é', 100_000) + "x" + string.Concat(Enumerable.Repeat("a😀", 30_000)));
    }

    [Fact]
    public void Bytes_that_are_no_text_go_as_base64()
    {
        var json = new RecordText();
        byte[] value = [.. Enumerable.Repeat((byte)'a', 50), 0xc3, (byte)'"', 0xff];
        json.PutValue(value);
        Assert.Equal($"{{\"base64\":\"{Convert.ToBase64String(value)}\"}}", Text(json));
        json.Clear();
        json.PutName(first: true, value);
        json.PutName(first: false, "base64:x"u8);
        Assert.Equal($"\"base64:{Convert.ToBase64String(value)}\":,\"base64:{Convert.ToBase64String("base64:x"u8)}\":", Text(json));
    }

    [Theory]
    [InlineData("0", "0"), InlineData("1795662982629", "1795662982629"), InlineData("-1.5", "-1.5"), InlineData("1.2345678901234567e+22", "\"1.2345678901234567e+22\"")]
    [InlineData("inf", "\"inf\""), InlineData("-", "\"-\""), InlineData("1.2.3", "\"1.2.3\""), InlineData("", "\"\"")]
    public void Numbers_that_JSON_does_not_have_are_texts(string number, string expected)
    {
        var json = new RecordText();
        json.PutNumber(Encoding.UTF8.GetBytes(number));
        Assert.Equal(expected, Text(json));
    }

    private static void AssertSame(RecordText json, string text)
    {
        json.Clear();
        json.PutValue(Encoding.UTF8.GetBytes(text));
        var expected = JsonSerializer.Serialize(text, Relaxed);
        if (Text(json) != expected)
        {
            Assert.Fail($"{Text(json)} is not {expected}");
        }
    }

    private static string Text(RecordText json) => Encoding.UTF8.GetString(json.Written.Span);
}
