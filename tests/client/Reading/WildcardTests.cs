namespace JobAdmin.Client.Tests.Reading;

/// <summary>Patterns match as PowerShell's do.</summary>
public sealed class WildcardTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("mail", "MAIL", true)]
    [InlineData("mail", "mails", false)]
    [InlineData("mail*", "Mail-daily", true)]
    [InlineData("*ail", "mail", true)]
    [InlineData("m?il", "mail", true)]
    [InlineData("m?il", "mil", false)]
    [InlineData("[lm]ail", "mail", true)]
    [InlineData("[a-f]ail", "mail", false)]
    [InlineData("a`*b", "a*b", true)]
    [InlineData("a`*b", "axb", false)]
    [InlineData("a`[1]", "a[1]", true)]
    [InlineData("*two\nlines*", "has two\nlines in it", true)]
    [InlineData("a.c", "abc", false)]
    [InlineData("a\\c", "a\\c", true)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("ÖL*", "öl und mehr", true)]
    [InlineData("a]b", "a]b", true)]
    [InlineData("[^a]", "b", false)]
    public void Matches(string pattern, string text, bool expected) => Assert.Equal(expected, new JobWildcard(pattern).IsMatch(text));

    [Fact]
    public void An_open_bracket_is_an_error() =>
        Assert.Equal("InvalidWildcard", Assert.Throws<JobServerException>(() => new JobWildcard("a[bc")).ErrorId);

    [Fact]
    public void A_long_run_of_stars_takes_no_time()
    {
        var pattern = new JobWildcard(string.Concat(Enumerable.Repeat("*a", 30)) + "*b");
        Assert.False(pattern.IsMatch(new string('a', 100_000)));
    }
}
