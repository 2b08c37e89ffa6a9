namespace JobAdmin.Screen;

/// <summary>A terminal that can show a whole screen.</summary>
internal interface ITerminal
{
    /// <summary>Whether there is one: keys can be read, and what is written is seen.</summary>
    bool IsPresent { get; }

    /// <summary>Columns and rows.</summary>
    (int Width, int Height) Size { get; }

    /// <summary>The next key that was pressed; null when there is none.</summary>
    ConsoleKeyInfo? ReadKey();

    /// <summary>Opens the alternate screen, without a cursor.</summary>
    void Enter();

    /// <summary>Goes back to what was there before. Does nothing when the screen is not open.</summary>
    void Leave();

    /// <summary>Shows a frame.</summary>
    /// <param name="lines">Its lines, none wider than the screen, not more than it has rows.</param>
    void Show(IReadOnlyList<string> lines);
}
