using System.Text.Json;
using JobAdmin.Client.BullMq;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>What is packed is what BullMQ's scripts expect to unpack.</summary>
public sealed class MsgPackWriterTests
{
    [Theory]
    [InlineData("null", "c0")]
    [InlineData("true", "c3")]
    [InlineData("false", "c2")]
    [InlineData("0", "00")]
    [InlineData("127", "7f")]
    [InlineData("128", "cc80")]
    [InlineData("255", "ccff")]
    [InlineData("256", "cd0100")]
    [InlineData("65535", "cdffff")]
    [InlineData("65536", "ce00010000")]
    [InlineData("4294967295", "ceffffffff")]
    [InlineData("4294967296", "cb41f0000000000000")]
    [InlineData("1763829000000", "cb4279aac66a740000")]
    [InlineData("-1", "ff")]
    [InlineData("-32", "e0")]
    [InlineData("-33", "d0df")]
    [InlineData("-128", "d080")]
    [InlineData("-129", "d1ff7f")]
    [InlineData("-32768", "d18000")]
    [InlineData("-32769", "d2ffff7fff")]
    [InlineData("-2147483648", "d280000000")]
    [InlineData("-2147483649", "cbc1e0000000200000")]
    [InlineData("0.5", "cb3fe0000000000000")]
    [InlineData("1e300", "cb7e37e43c8800759c")]
    [InlineData("\"\"", "a0")]
    [InlineData("\"ab\"", "a26162")]
    [InlineData("\"ü\"", "a2c3bc")]
    [InlineData("[]", "90")]
    [InlineData("[1,null,\"a\"]", "9301c0a161")]
    [InlineData("{}", "80")]
    [InlineData("{\"a\":{\"b\":[true]}}", "81a16181a16291c3")]
    public void A_value_is_packed(string json, string hex)
    {
        var writer = new MsgPackWriter();
        writer.WriteJson(JsonSerializer.Deserialize<JsonElement>(json));
        Assert.Equal(hex, Convert.ToHexString(writer.ToArray()).ToLowerInvariant());
    }

    [Theory]
    [InlineData(31, "bf")]
    [InlineData(32, "d920")]
    [InlineData(255, "d9ff")]
    [InlineData(256, "da0100")]
    [InlineData(65535, "daffff")]
    [InlineData(65536, "db00010000")]
    public void A_string_has_the_shortest_head(int length, string hex)
    {
        var writer = new MsgPackWriter();
        writer.WriteString(new string('x', length));
        var bytes = writer.ToArray();
        Assert.Equal(hex, Convert.ToHexString(bytes.AsSpan(0, bytes.Length - length)).ToLowerInvariant());
    }

    [Theory]
    [InlineData(15, "9f", "8f")]
    [InlineData(16, "dc0010", "de0010")]
    [InlineData(65536, "dd00010000", "df00010000")]
    public void Arrays_and_maps_have_the_shortest_head(int count, string array, string map)
    {
        var writer = new MsgPackWriter();
        writer.WriteArray(count);
        Assert.Equal(array, Convert.ToHexString(writer.ToArray()).ToLowerInvariant());
        writer = new MsgPackWriter();
        writer.WriteMap(count);
        Assert.Equal(map, Convert.ToHexString(writer.ToArray()).ToLowerInvariant());
    }
}
