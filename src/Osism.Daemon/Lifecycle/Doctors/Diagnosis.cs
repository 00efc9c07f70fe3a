namespace Osism.Daemon.Lifecycle.Doctors;

/// <summary>What was looked at, and how it is.</summary>
/// <param name="Name">What.</param>
/// <param name="State">Whether it works.</param>
/// <param name="Detail">What was found; null when there is nothing to say.</param>
/// <param name="Remedy">What to do; null when it works.</param>
internal sealed record Diagnosis(string Name, DiagnosisState State, string? Detail = null, string? Remedy = null)
{
    public static Diagnosis Fine(string name, string? detail = null) => new(name, DiagnosisState.Ok, detail);

    public static Diagnosis Doubt(string name, string detail, string remedy) => new(name, DiagnosisState.Warning, detail, remedy);

    public static Diagnosis Fault(string name, string detail, string remedy) => new(name, DiagnosisState.Problem, detail, remedy);
}

/// <summary>How bad it is.</summary>
internal enum DiagnosisState
{
    Ok = 0,

    /// <summary>The manager works, but not for ever.</summary>
    Warning = 1,

    /// <summary>Something does not work.</summary>
    Problem = 2,
}
