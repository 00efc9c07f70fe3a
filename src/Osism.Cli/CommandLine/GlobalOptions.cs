using Osism.Cli.Terminal;

namespace Osism.Cli.CommandLine;

/// <summary>Options that every command has.</summary>
internal sealed class GlobalOptions
{
    public bool Help { get; set; }

    public bool Version { get; private set; }

    /// <summary>Failures are shown with their full trace.</summary>
    public bool Debug { get; private set; }

    public bool Verbose { get; private set; }

    public bool Quiet { get; private set; }

    /// <summary>Takes an element that stands before the command. <c>help</c> is a command elsewhere and an option here.</summary>
    public bool Take(string element)
    {
        if (element == "--version")
            return Version = true;
        return element == "help" ? Help = true : TakeOption(element);
    }

    /// <summary>Takes an element that stands behind the command.</summary>
    public bool TakeOption(string element) => element switch
    {
        "-h" or "--help" => Help = true,
        "--debug" => Debug = true,
        "-v" or "--verbose" => Verbose = true,
        "-q" or "--quiet" => Quiet = true,
        _ => false,
    };

    /// <summary>Takes what is ours up to <c>--</c> and returns the rest.</summary>
    public List<string> TakeFrom(string[] elements)
    {
        var rest = new List<string>(elements.Length);
        var literal = false;
        foreach (var element in elements)
        {
            literal |= element == "--";
            if (literal || !TakeOption(element))
                rest.Add(element);
        }

        return rest;
    }

    public void ApplyTo(Talk talk)
    {
        talk.Quiet = Quiet;
        talk.Verbose = Verbose;
    }
}
