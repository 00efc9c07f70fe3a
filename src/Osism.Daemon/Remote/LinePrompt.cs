using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>Takes lines from somebody, or from a pipe, and does what each says, until the last.</summary>
internal static class LinePrompt
{
    /// <param name="prompt">Shown when somebody sits there; null = nobody does.</param>
    /// <param name="doAsync">Does what a line says; its exit code.</param>
    /// <returns>What the last line ended with.</returns>
    public static async Task<int> RunAsync(string? prompt, TextReader input, TextWriter talk, Func<string, Task<int>> doAsync)
    {
        var code = ExitCode.Success;
        while (true)
        {
            if (prompt is not null)
            {
                await talk.WriteAsync(prompt);
                await talk.FlushAsync();
            }

            if (await input.ReadLineAsync() is not { } line || line.Trim() is "exit" or "quit" or "q")
                return code;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                code = await doAsync(line.Trim());
            }
            catch (OsismException e)
            {
                // One line that is wrong does not end the others.
                await talk.WriteLineAsync($"error: {e.Code.Code}: {e.Message}");
                code = e.Code.ExitCode;
            }
        }
    }
}
