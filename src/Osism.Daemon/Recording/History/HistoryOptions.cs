using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Recording.History;

/// <summary>The file in which tools of before look for what was run. Section <c>history</c>.</summary>
internal sealed class HistoryOptions
{
    public const string Section = "history";

    /// <summary>The value of <see cref="Path"/> that writes no file.</summary>
    public const string Off = "off";

    /// <summary>The file, or <c>off</c>. Default: <c>ansible-execution-history.json</c> in <c>$OSISM_HOME/share</c>, which plays see as <c>/share</c>.</summary>
    public string? Path { get; set; }

    /// <summary>When the file is longer than this it is put aside, as <c>FILE.1</c>, and begun again. Default 64 MiB; 0 = never.</summary>
    [Range(0, long.MaxValue)]
    public long MaxBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Files that are kept aside. Default 3.</summary>
    [Range(0, 100)]
    public int Keep { get; set; } = 3;

    /// <summary>Pause between two looks for runs that have ended. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(2);
}

[OptionsValidator]
internal sealed partial class HistoryOptionsValidator : IValidateOptions<HistoryOptions>;
