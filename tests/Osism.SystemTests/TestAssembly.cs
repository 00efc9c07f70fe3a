using System.Runtime.CompilerServices;
using Osism.Testing;

namespace Osism.SystemTests;

internal static class TestAssembly
{
    [ModuleInitializer]
    internal static void Begin() => TestProcess.Begin();
}
