using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Files;

/// <summary>Symbolic links that always lead somewhere.</summary>
internal static partial class SymbolicLink
{
    /// <summary>Lets a link lead to a target, new or instead of where it led; there is no moment in which it does not exist.</summary>
    /// <exception cref="IOException">The link cannot be made, or something that is no link is in its place.</exception>
    public static void Point(string link, string target)
    {
        if (new FileInfo(link).LinkTarget == target)
            return;
        var temporary = $"{link}.{Guid.NewGuid():N}";
        File.CreateSymbolicLink(temporary, target);
        // File.Move looks at what the link leads to and refuses folders.
        if (rename(temporary, link) == 0)
            return;
        var error = Marshal.GetLastPInvokeErrorMessage();
        File.Delete(temporary);
        throw new IOException($"{link} cannot be made a link to {target}: {error}");
    }

#pragma warning disable IDE1006 // The name is that of the C library.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);
#pragma warning restore IDE1006
}
