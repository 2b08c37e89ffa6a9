using System.Collections.Concurrent;
using JobAdmin.Screen;

namespace JobAdmin.Client.Tests.Screen;

/// <summary>A terminal in memory: a test types on it and reads the last frame.</summary>
internal sealed class FakeTerminal : ITerminal
{
    private readonly ConcurrentQueue<ConsoleKeyInfo> keys = new();

    public bool IsPresent => true;

    public (int Width, int Height) Size { get; set; } = (80, 24);

    public bool IsOpen { get; private set; }

    public int Leaves { get; private set; }

    public IReadOnlyList<string> Frame { get; private set; } = [];

    public void Type(string text)
    {
        foreach (var c in text)
        {
            keys.Enqueue(Key(c));
        }
    }

    public static ConsoleKeyInfo Key(char c) => new(c, c switch { '\r' => ConsoleKey.Enter, '\u001b' => ConsoleKey.Escape, '\b' => ConsoleKey.Backspace, _ => ConsoleKey.None }, false, false, false);

    public static ConsoleKeyInfo Key(ConsoleKey key) => new('\0', key, false, false, false);

    public ConsoleKeyInfo? ReadKey() => keys.TryDequeue(out var key) ? key : null;

    public void Enter() => IsOpen = true;

    public void Leave()
    {
        Leaves++;
        IsOpen = false;
    }

    public void Show(IReadOnlyList<string> lines) => Frame = lines;

    /// <summary>Waits until a frame is as it should be.</summary>
    public async Task UntilAsync(Func<IReadOnlyList<string>, bool> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!isSo(Frame))
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
