using System.Runtime.InteropServices;

namespace Osism.Testing;

/// <summary>Makes the process of the tests the same wherever it is started: by a person, by a script, by CI without a home or a terminal.</summary>
public static partial class TestProcess
{
    private const uint OthersMayNotWrite = 0x12;

    /// <summary>What changes how programs speak, sort or look for their files. Tests that want one of them set it.</summary>
    private static readonly string[] Personal =
    [
        "LANG", "LANGUAGE", "TZ", "SHELL", "TERM", "NO_COLOR", "TMPDIR", "PAGER", "EDITOR", "GIT_DIR", "GIT_WORK_TREE", "SSH_AUTH_SOCK",
        "PYTHONPATH", "PYTHONHOME",
    ];

    /// <summary>Prefixes of the same.</summary>
    private static readonly string[] PersonalPrefixes = ["LC_", "XDG_", "OSISM_", "ANSIBLE_", "PG"];

    /// <summary>To be called by a module initializer of each test assembly, before anything else.</summary>
    public static void Begin()
    {
        _ = umask(OthersMayNotWrite);
        var names = Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name is not ("OSISM_GOLDEN" or "OSISM_SEED" or "OSISM_TEST_DOCKER" or "OSISM_TEST_LARGE_JOBS")).ToList();
        foreach (var name in names.Where(name => Personal.Contains(name, StringComparer.Ordinal)
            || PersonalPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))))
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("HOME")))
        {
            Environment.SetEnvironmentVariable("HOME", Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        }
    }

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
