using Osism.Daemon.Hosting;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;
using Osism.Testing;

namespace Osism.Tests.Hosting;

/// <summary>Two processes of one home that are started together agree on everything in it.</summary>
public sealed class HomeFolderTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Those_who_come_to_a_new_home_together_get_one_token_one_identity_and_one_key()
    {
        for (var round = 0; round < 30; round++)
        {
            using var folder = new TempFolder();
            var home = new OsismHome(folder.Path);
            Directory.CreateDirectory(home.Secrets);

            var seen = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ComeAsync(home), _token)));

            Assert.Single(seen.Distinct());
            Assert.Equal((await File.ReadAllTextAsync(home.Token, _token)).Trim(), seen[0].Token);
        }
    }

    private async Task<(string Machine, string Token, string Key)> ComeAsync(OsismHome home)
    {
        await HomeFolder.IdentifyAsync(home, _token);
        var machine = await File.ReadAllTextAsync(home.MachineFile, _token);
        var token = await HomeFolder.TokenAsync(home, _token);
        return (machine, token, new Sealer(new SealKeyFile(home)).PublicKey.Fingerprint);
    }
}
