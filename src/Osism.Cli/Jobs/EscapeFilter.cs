namespace Osism.Cli.Jobs;

/// <summary>Takes terminal control sequences (ECMA-48 §5.4; OSC up to BEL or ST) out of a stream of bytes, also when they are cut between two reads.</summary>
internal sealed class EscapeFilter
{
    private State _state;
    private byte[] _kept = [];

    private enum State
    {
        Text,
        Escape,
        Control,
        String,
        StringEscape,
    }

    /// <summary>What remains of the next bytes; valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes)
    {
        if (_kept.Length < bytes.Length)
            _kept = new byte[bytes.Length];
        var count = 0;
        foreach (var next in bytes)
        {
            switch (_state)
            {
                case State.Text when next == 0x1b:
                    _state = State.Escape;
                    break;
                case State.Text:
                    _kept[count++] = next;
                    break;
                case State.Escape:
                    _state = next switch
                    {
                        (byte)'[' => State.Control,
                        (byte)']' or (byte)'P' or (byte)'X' or (byte)'^' or (byte)'_' => State.String,
                        // Intermediate bytes come before the last one of a two-byte sequence.
                        >= 0x20 and <= 0x2f => State.Escape,
                        _ => State.Text,
                    };
                    break;
                case State.Control:
                    if (next is >= 0x40 and <= 0x7e)
                        _state = State.Text;
                    break;
                case State.String:
                    _state = next switch { 0x07 => State.Text, 0x1b => State.StringEscape, _ => State.String };
                    break;
                case State.StringEscape:
                    _state = next == '\\' ? State.Text : State.String;
                    break;
            }
        }

        return _kept.AsSpan(0, count);
    }
}
