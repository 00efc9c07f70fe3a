namespace Osism.Cli.Terminal;

/// <summary>Who is at the other end of stdin, stdout and stderr.</summary>
/// <param name="InputIsTerminal">Somebody may type an answer.</param>
/// <param name="OutputIsTerminal">Somebody reads stdout: tables fit the screen, states have colours.</param>
/// <param name="ErrorIsTerminal">Somebody reads stderr: a line may be redrawn.</param>
/// <param name="MayAsk">Whether a question may be asked: there is somebody, and no pager owns the screen.</param>
/// <param name="Width">Columns of the terminal that shows stdout; null when unknown or there is none.</param>
/// <param name="Colours">Whether stdout may have colours.</param>
internal sealed record Screen(
    bool InputIsTerminal, bool OutputIsTerminal, bool ErrorIsTerminal, bool MayAsk, int? Width, bool Colours)
{
    /// <summary>Lines of the terminal that shows stderr; null when unknown or there is none.</summary>
    public int? Height { get; init; }

    /// <summary>Nobody watches.</summary>
    public static Screen None { get; } = new(false, false, false, false, null, false);

    public static Screen Detect(CliEnvironment environment)
    {
        var input = Descriptors.IsTerminal(0);
        var output = Descriptors.IsTerminal(1);
        var error = Descriptors.IsTerminal(2);
        return new Screen(
            input, output, error, MayAsk: input && error && !Descriptors.IsPipe(1),
            Width: output ? Descriptors.Columns(1) : null, Colours: output && !environment.NoColour)
        {
            Height = error ? Descriptors.Rows(2) : null,
        };
    }
}
