using JobAdmin.Watching;

namespace JobAdmin.Screen;

/// <summary>What keys do to the screen.</summary>
internal static class QueueScreenKeys
{
    private const int Page = 10;

    /// <summary>The keys and what they do, for the help.</summary>
    public static readonly (string Keys, string Effect)[] All =
    [
        ("q, Esc", "quit; so does Ctrl+C"),
        ("Space, p", "pause: what is shown stays, until it is pressed again"),
        ("s, S", "sort by the next column, by the one before"),
        ("r", "turn the order around"),
        ("/", "filter: only queues whose name holds what is typed; Enter keeps it, Esc drops it"),
        ("↑ ↓, j k", "select a queue; Page Up, Page Down, Home and End too"),
        ("f", "show or hide the newest failures of the selected queue"),
        ("+, -", "look more often, less often"),
        ("?, h", "this help"),
    ];

    /// <summary>Does what a key says.</summary>
    public static void Press(QueueScreenState state, ConsoleKeyInfo key)
    {
        if (state.IsTyping)
        {
            Type(state, key);
        }
        else if (state.ShowsHelp)
        {
            state.ShowsHelp = false;
        }
        else if (!Move(state, key.Key))
        {
            Command(state, key);
        }
    }

    private static void Command(QueueScreenState state, ConsoleKeyInfo key)
    {
        switch (key.KeyChar)
        {
            case 'q' or 'Q':
                state.Quit = true;
                break;
            case '\u001b' when state.Filter.Length > 0:
                SetFilter(state, "");
                break;
            case '\u001b':
                state.Quit = true;
                break;
            case ' ' or 'p':
                state.Paused = !state.Paused;
                break;
            case 's':
                SortBy(state, 1);
                break;
            case 'S':
                SortBy(state, -1);
                break;
            case 'r':
                state.Reversed = !state.Reversed;
                state.Arrange();
                break;
            case '/':
                state.IsTyping = true;
                break;
            case 'f':
                state.ShowsFailures = !state.ShowsFailures;
                break;
            case '+' or '=':
                state.Interval = Longer(state.Interval / 2);
                break;
            case '-':
                state.Interval = Longer(state.Interval * 2);
                break;
            case '?' or 'h':
                state.ShowsHelp = true;
                break;
            case 'j':
                state.Select(state.Selected + 1);
                break;
            case 'k':
                state.Select(state.Selected - 1);
                break;
        }
    }

    private static bool Move(QueueScreenState state, ConsoleKey key)
    {
        int? place = key switch
        {
            ConsoleKey.DownArrow => state.Selected + 1,
            ConsoleKey.UpArrow => state.Selected - 1,
            ConsoleKey.PageDown => state.Selected + Page,
            ConsoleKey.PageUp => state.Selected - Page,
            ConsoleKey.Home => 0,
            ConsoleKey.End => state.Rows.Count - 1,
            _ => null,
        };
        if (place is { } at)
        {
            state.Select(at);
        }

        return place is not null;
    }

    private static void Type(QueueScreenState state, ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                state.IsTyping = false;
                break;
            case ConsoleKey.Escape:
                state.IsTyping = false;
                SetFilter(state, "");
                break;
            case ConsoleKey.Backspace:
                SetFilter(state, state.Filter.Length == 0 ? "" : state.Filter[..^1]);
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    SetFilter(state, state.Filter + key.KeyChar);
                }

                break;
        }
    }

    private static void SortBy(QueueScreenState state, int step)
    {
        var count = Enum.GetValues<QueueOrder>().Length;
        state.Order = (QueueOrder)(((int)state.Order + step + count) % count);
        state.Reversed = false;
        state.Arrange();
    }

    private static void SetFilter(QueueScreenState state, string filter)
    {
        state.Filter = filter;
        state.Arrange();
    }

    // Twice a second does for any eye, and a look an hour is none.
    private static TimeSpan Longer(TimeSpan interval) => TimeSpan.FromSeconds(Math.Clamp(interval.TotalSeconds, 0.5, 3600));
}
