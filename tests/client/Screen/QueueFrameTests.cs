using System.Text.RegularExpressions;
using JobAdmin.Screen;
using JobAdmin.Watching;

namespace JobAdmin.Client.Tests.Screen;

/// <summary>Frames for any size, and what keys change of them.</summary>
public sealed partial class QueueFrameTests
{
    private readonly FakeQueues server = new();
    private readonly QueueScreenState state;

    public QueueFrameTests()
    {
        var sampler = new JobQueueSampler([new WatchedServer(server, null)], TimeSpan.FromSeconds(2), TimeProvider.System);
        state = new QueueScreenState(new QueueScreenOptions { Sampler = sampler, Interval = TimeSpan.FromSeconds(2) });
        Take(
            Sample("mails", waiting: 12, failed: 3, added: 4, completed: 2.5),
            Sample("büro/ 請求書 \u001b[31m", waiting: 1_234_567, failed: 45, added: 0, completed: 250, workers: 0),
            Sample("zoo", waiting: 0, failed: 0, added: 0, completed: 0, paused: true));
    }

    public static TheoryData<int, int> Sizes => new(from width in (int[])[20, 40, 50, 60, 80, 100, 120, 140, 200, 320] from height in (int[])[5, 10, 24, 60] select (width, height));

    [Theory, MemberData(nameof(Sizes))]
    public void A_frame_fits_its_screen(int width, int height)
    {
        state.Failures = [new QueueJob { Queue = "büro/ 請求書 \u001b[31m", Id = "1", Name = "send 請求書", FailedReason = new string('x', 300) + "\nsecond line\u0007" }];
        foreach (var lines in (IReadOnlyList<string>[])[QueueFrame.Draw(state, width, height), Help(width, height)])
        {
            Assert.Equal(height, lines.Count);
            Assert.All(lines, line => Assert.InRange(Cells.Width(Plain(line)), 0, width));
            // Of escape sequences there are only ours, which colour.
            Assert.All(lines, line => Assert.DoesNotMatch("[\u0000-\u001f\u007f]", Plain(line)));
        }

        IReadOnlyList<string> Help(int w, int h)
        {
            state.ShowsHelp = true;
            return QueueFrame.Draw(state, w, h);
        }
    }

    [Fact]
    public void A_frame_says_what_there_is()
    {
        var text = Text(120, 24);
        Assert.Contains("3 queues · 1 paused · 1,234,579 waiting", text.Replace('.', ','));
        Assert.Contains("fake · http://fake.example", text);
        Assert.Matches(@"mails +12 .* 3 ", text);
        Assert.Matches(@"‖ ?zoo", text);
        Assert.Contains("1.23M", text.Replace(',', '.'));
        Assert.DoesNotContain("Prio", text);
    }

    [Fact]
    public void Without_colours_there_are_none()
    {
        var plain = new QueueScreenState(state.Options with { Colours = false });
        plain.Take([Sample("mails", 1, 1, 1, 1)], DateTimeOffset.Now);
        Assert.DoesNotMatch(@"\[[0-9;]*3[0-9]m", string.Join('\n', QueueFrame.Draw(plain, 80, 24)));
    }

    [Fact]
    public void Rows_are_sorted_and_the_selection_stays_with_its_queue()
    {
        Assert.Equal(["büro/ 請求書 \u001b[31m", "mails", "zoo"], Names());
        Press("j");
        Assert.Equal("mails", state.SelectedRow!.Sample.Queue);
        Press("s");
        Assert.Equal(QueueOrder.Waiting, state.Order);
        Assert.Equal(["büro/ 請求書 \u001b[31m", "mails", "zoo"], Names());
        Press("r");
        Assert.Equal(["zoo", "mails", "büro/ 請求書 \u001b[31m"], Names());
        Assert.Equal("mails", state.SelectedRow!.Sample.Queue);
        Press("SS");
        Assert.Equal(QueueOrder.Age, state.Order);
        QueueScreenKeys.Press(state, FakeTerminal.Key(ConsoleKey.End));
        Assert.Equal(2, state.Selected);
        QueueScreenKeys.Press(state, FakeTerminal.Key(ConsoleKey.PageDown));
        QueueScreenKeys.Press(state, FakeTerminal.Key(ConsoleKey.UpArrow));
        Assert.Equal(1, state.Selected);
    }

    [Fact]
    public void A_filter_is_typed_and_dropped()
    {
        Press("/OOq");
        Assert.False(state.Quit);
        Assert.Contains("filter: OOq", Text(80, 24));
        Assert.Contains("No queue has 'OOq' in its name.", Text(80, 24));
        Assert.Equal(-1, state.Selected);
        Press("\b\r");
        Assert.Equal(["zoo"], Names());
        Assert.Contains("1 of 3 queues", Text(80, 24));
        Press("\u001b");
        Assert.Equal(3, state.Rows.Count);
        Assert.False(state.Quit);
        Press("\u001b");
        Assert.True(state.Quit);
    }

    [Fact]
    public void Keys_pause_show_help_and_set_the_interval()
    {
        Press("p");
        Assert.True(state.Paused);
        Assert.Contains("PAUSED", Text(80, 24));
        Press(" -");
        Assert.Contains("every 4 s", Text(80, 24));
        Press("++++++");
        Assert.Equal(TimeSpan.FromSeconds(0.5), state.Interval);
        Press("?");
        Assert.Contains("quit; so does Ctrl+C", Text(80, 24));
        Press("q");
        Assert.False(state.Quit);
        Press("q");
        Assert.True(state.Quit);
    }

    [Fact]
    public void More_queues_than_rows_scroll_with_the_selection()
    {
        Take([.. Enumerable.Range(0, 100).Select(n => Sample($"q{n:00}", n, 0, 0, 0))]);
        Assert.Contains("1 to ", Text(80, 24));
        QueueScreenKeys.Press(state, FakeTerminal.Key(ConsoleKey.End));
        Assert.Contains("▸ q99", Text(80, 24).Replace("▸  ", "▸ "));
        Assert.Contains("of 100", Text(80, 24));
    }

    [Fact]
    public void A_queue_that_goes_is_gone_and_a_problem_is_said()
    {
        Press("jj");
        Take(Sample("mails", 1, 0, 0, 0));
        Assert.Equal("mails", state.SelectedRow!.Sample.Queue);
        state.Problem = "Redis is away.";
        Assert.Contains("Redis is away.", Text(80, 24));
        Take();
        Assert.Contains("There are no queues.", Text(80, 24));
        Press("j");
    }

    private static JobQueueSample Sample(string queue, long waiting, long failed, double added, double completed, bool paused = false, int? workers = 1) => new()
    {
        Queue = queue, Time = DateTimeOffset.UtcNow, Waiting = waiting, Active = 1, Delayed = 0, Failed = failed, Completed = 7, Workers = workers, IsPaused = paused,
        OldestWaiting = TimeSpan.FromSeconds(waiting), AddedPerSecond = added, CompletedPerSecond = completed, FailedPerSecond = 0, RateSpan = TimeSpan.FromSeconds(2),
    };

    private void Take(params JobQueueSample[] samples) => state.Take(samples, DateTimeOffset.UtcNow);

    private void Press(string keys) => keys.ToList().ForEach(key => QueueScreenKeys.Press(state, FakeTerminal.Key(key)));

    private List<string> Names() => [.. state.Rows.Select(row => row.Sample.Queue)];

    private string Text(int width, int height) => string.Join('\n', QueueFrame.Draw(state, width, height).Select(Plain));

    private static string Plain(string line) => Colour().Replace(line, "");

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Colour();
}
