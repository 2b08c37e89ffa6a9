using System.Text;

namespace JobAdmin.Screen;

/// <summary>The terminal of this process.</summary>
internal sealed class ConsoleTerminal : ITerminal
{
    // The alternate screen; no cursor; lines that do not wrap.
    private const string Open = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";
    private const string Close = "\u001b[?7h\u001b[?25h\u001b[0m\u001b[?1049l";

    // Terminals that know it show all between these at once; others ignore them.
    private const string Begin = "\u001b[?2026h\u001b[H";
    private const string End = "\u001b[0m\u001b[?2026l";

    private readonly object writing = new();
    private bool open;

    public bool IsPresent
    {
        get
        {
            try
            {
                return !Console.IsInputRedirected && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb"
                    && Console.WindowWidth > 0 && Console.WindowHeight > 0;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    public (int Width, int Height) Size => (Console.WindowWidth, Console.WindowHeight);

    public ConsoleKeyInfo? ReadKey() => Console.KeyAvailable ? Console.ReadKey(intercept: true) : null;

    public void Enter()
    {
        lock (writing)
        {
            open = true;
            Console.Out.Write(Open);
        }
    }

    public void Leave()
    {
        lock (writing)
        {
            if (open)
            {
                open = false;
                Console.Out.Write(Close);
            }
        }
    }

    public void Show(IReadOnlyList<string> lines)
    {
        var frame = new StringBuilder(Begin);
        for (var i = 0; i < lines.Count; i++)
        {
            // The old line goes first: after a line of full width, the cursor stands on its last character. The last line ends without a break, which would scroll.
            frame.Append(i == 0 ? "" : "\r\n").Append("\u001b[0m\u001b[2K").Append(lines[i]);
        }

        lock (writing)
        {
            if (open)
            {
                Console.Out.Write(frame.Append(End));
            }
        }
    }
}
