using System.Text;

namespace JobAdmin.Client.Tests.Contracts;

/// <summary>Conditions on a job's data.</summary>
public sealed class JobDataMatchTests
{
    private const string Data = """{"user":{"id":42,"email":"Ann@Example.com","tags":["a","b"]},"items":[{"sku":"X-1","n":2.0},{"sku":"Y-2"}],"a name":{"ok":true},"none":null}""";

    [Theory]
    [InlineData("user.id", "42")]
    [InlineData("user.id", "42.0")]
    [InlineData("$.user.email", "ann@*")]
    [InlineData("user.tags", "b")]
    [InlineData("user.tags[1]", "b")]
    [InlineData("items.sku", "y-2")]
    [InlineData("items[0].sku", "X-1")]
    [InlineData("items[*].n", "2")]
    [InlineData("['a name'].ok", "true")]
    [InlineData("none", "null")]
    [InlineData("user", "*")]
    public void A_value_at_a_path(string path, string value) => Assert.True(new JobDataMatch(path, value).IsMatch(Job(Data)));

    [Theory]
    [InlineData("user.id", "4")]
    [InlineData("user.name", "*")]
    [InlineData("items[5].sku", "*")]
    [InlineData("items[0].sku", "Y-2")]
    [InlineData("none.x", "*")]
    public void Another_value_or_none(string path, string value) => Assert.False(new JobDataMatch(path, value).IsMatch(Job(Data)));

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("\"sku\":\"y*\"", true)]
    [InlineData("nobody", false)]
    public void A_text_anywhere(string text, bool found) => Assert.Equal(found, new JobDataMatch(text).IsMatch(Job(Data)));

    [Theory]
    [InlineData("1234567890123456789", true)]
    [InlineData("1234567890123456789.0", true)]
    [InlineData("1234567890123456788", false)]
    [InlineData("1e400", false)]
    public void A_number_beyond_what_a_double_tells_apart(string value, bool found) =>
        Assert.Equal(found, new JobDataMatch("id", value).IsMatch(Job("""{"id":1234567890123456789}""")));

    [Fact]
    public void Data_that_are_not_JSON_have_text_and_no_paths()
    {
        Assert.True(new JobDataMatch("broken").IsMatch(Job("{broken")));
        Assert.False(new JobDataMatch("broken", "*").IsMatch(Job("{broken")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData("a[")]
    [InlineData("a[x]")]
    [InlineData("$")]
    public void A_path_that_is_none(string path) => Assert.Equal("InvalidDataPath", Assert.Throws<JobServerException>(() => new JobDataMatch(path, "*")).ErrorId);

    private static QueueJob Job(string data) => new() { Queue = "q", Id = "1", RawData = Encoding.UTF8.GetBytes(data) };
}
