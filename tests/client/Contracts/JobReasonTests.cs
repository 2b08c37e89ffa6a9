namespace JobAdmin.Client.Tests.Contracts;

/// <summary>Reasons of one kind become the same text.</summary>
public sealed class JobReasonTests
{
    [Theory]
    [InlineData("SMTP timeout after 30s", "SMTP timeout after *s")]
    [InlineData("ENOENT: no such file '/data/17.png'", "ENOENT: no such file '*'")]
    [InlineData("Request 17 failed with status code 503", "Request * failed with status code 503")]
    [InlineData("HTTP/1.1 503 Service Unavailable", "HTTP/* 503 Service Unavailable")]
    [InlineData("ended with exit code=137.", "ended with exit code=137.")]
    [InlineData("status code 1234 of order 12", "status code * of order *")]
    [InlineData("connect ECONNREFUSED 10.0.0.7:6379", "connect ECONNREFUSED *")]
    [InlineData("at 2026-01-02T03:04:05.678Z", "at *Z")]
    [InlineData("job 550e8400-e29b-41d4-a716-446655440000 lost", "job * lost")]
    [InlineData("object 507f1f77bcf86cd799439011 not found", "object * not found")]
    [InlineData("at address 0x7fff12ab", "at address *")]
    [InlineData("0xa bad pointer, 0xAB and 0xdead, 10x 0xyz", "* bad pointer, * and *, *x *xyz")]
    [InlineData("cannot open /var/lib/app/data.db: denied", "cannot open *: denied")]
    [InlineData(@"cannot open C:\data\x.txt", "cannot open *")]
    [InlineData("./run failed", "* failed")]
    [InlineData("GET https://node12.example.com:8443/users/42?x=1 gave up", "GET https://node*.example.com:*/* gave up")]
    [InlineData("mail to ann@example.com bounced", "mail to * bounced")]
    [InlineData("customer cus_9s8d7f6 and user42", "customer cus_* and user*")]
    [InlineData("can't read user's file \"a b\"", "can't read user's file \"*\"")]
    [InlineData("value -5 or +7, 95%", "value * or *, *%")]
    [InlineData("1,234,567 rows", "* rows")]
    [InlineData("and/or", "and/or")]
    [InlineData("Cannot read properties of undefined (reading 'name')", "Cannot read properties of undefined (reading '*')")]
    [InlineData("Größe 5 überschritten", "Größe * überschritten")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void A_kind(string? reason, string kind) => Assert.Equal(kind, JobReason.Normalise(reason));

    [Theory]
    [InlineData("Unexpected token [ in JSON at position 14")]
    [InlineData("what? 5 `x` ] *")]
    [InlineData("a-5:6.7b 1-2-3 --7")]
    [InlineData("x'y 'z")]
    [InlineData("first line 1\nsecond 'line'\n")]
    [InlineData("1")]
    public void The_pattern_of_a_kind_matches_its_reasons(string reason) =>
        Assert.True(new JobWildcard(JobReason.ToWildcard(JobReason.Normalise(reason))).IsMatch(reason));

    [Fact]
    public void Of_a_long_reason_the_beginning_counts()
    {
        var kind = JobReason.Normalise(new string('x', 499) + "\U0001F600 and so on 5");
        Assert.Equal(new string('x', 499) + "…", kind);
        Assert.Equal(kind, JobReason.Normalise(new string('x', 499) + "\U0001F601 otherwise"));
        Assert.True(new JobWildcard(JobReason.ToWildcard(kind)).IsMatch(new string('x', 499) + "\U0001F600 and so on 5"));
    }

    [Fact]
    public void Any_text_matches_its_own_pattern()
    {
        var random = new Random(7);
        const string Alphabet = "ab1 2-_.:/\\'\"`?[]*@x0FZ é…\n";
        for (var i = 0; i < 3000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            var kind = JobReason.Normalise(text);
            Assert.True(new JobWildcard(JobReason.ToWildcard(kind)).IsMatch(text), $"'{text}' became '{kind}'");
        }
    }
}
