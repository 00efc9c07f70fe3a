namespace Osism.Tests.Jobs.Model;

/// <summary>What a step does. The names are those of the engine.</summary>
internal enum Deed
{
    Submit,
    SubmitTiny,
    SubmitHanded,
    SubmitKeyed,
    SubmitByHosts,
    SubmitGraph,
    SubmitPolicy,
    Claim,
    Turn,
    Run,
    End,
    EndStale,
    Adopt,
    Requeue,
    Disconnect,
    Reconnect,
    Cancel,
    Forget,
    Lock,
    Unlock,
    Advance,
    Renew,
    Sweep,
}

/// <summary>One step of a walk; the numbers choose among what is there when it is done, so that any part of a walk is a walk.</summary>
internal sealed record ModelStep(Deed Deed, int A, int B, int C)
{
    public override string ToString() => $"new({nameof(Deed)}.{Deed}, {A}, {B}, {C})";
}
