namespace Osism.Protocols.Resp;

/// <summary>The server refused a command, does not answer, or does not speak RESP.</summary>
public sealed class RespException : Exception
{
    public RespException()
    {
    }

    public RespException(string message)
        : base(message)
    {
    }

    public RespException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
