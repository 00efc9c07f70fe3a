using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Tests.Platform.Secrets;

public sealed class SealerTests : IDisposable
{
    private const string Context = "vault/password";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly byte[] Secret = "the vault password"u8.ToArray();

    private readonly string _root = Directory.CreateTempSubdirectory("osism-seal-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_sealed_is_opened_by_another_instance_on_the_same_home()
    {
        var first = Manager("a");
        Chance.Check(Prop.ForAll<byte[], NonNull<string>>((secret, context) =>
            Manager("a").Open(first.Seal(secret, context.Get), context.Get).AsSpan().SequenceEqual(secret)));
    }

    [Fact]
    public void Sealing_for_a_worker_on_another_machine_needs_only_its_public_key()
    {
        var worker = Manager("worker");
        var published = SealPublicKey.Read(worker.PublicKey.Point.Span);

        var blob = Sealer.Seal(published, Secret, Context);

        Assert.Equal(worker.PublicKey.Fingerprint, published.Fingerprint);
        Assert.Equal(Secret, worker.Open(blob, Context));
        Assert.Equal(SealFault.WrongKey, OpenFails(WithKey("other"), blob).Fault);
    }

    [Fact]
    public void The_key_file_is_made_once_and_only_its_owner_may_read_it()
    {
        var sealer = Manager("a");

        var fingerprint = sealer.PublicKey.Fingerprint;

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(KeyFile("a")));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(KeyFile("a"))!));
        Assert.Equal([KeyFile("a")], Directory.GetFileSystemEntries(Path.GetDirectoryName(KeyFile("a"))!));
        Assert.Equal(fingerprint, Manager("a").PublicKey.Fingerprint);
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", File.ReadAllText(KeyFile("a")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_that_need_the_key_at_once_get_the_same()
    {
        var fingerprints = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Manager("a").PublicKey.Fingerprint, TestContext.Current.CancellationToken)));

        Assert.Single(fingerprints.Distinct());
    }

    [Fact]
    public void A_change_at_any_position_is_noticed()
    {
        var sealer = Manager("a");
        var blob = sealer.Seal(Secret, Context);
        for (var at = 0; at < blob.Length; at++)
        {
            var damaged = blob.ToArray();
            damaged[at] ^= 1;
            Assert.Contains(OpenFails(sealer, damaged).Fault, (SealFault[])[SealFault.Damaged, SealFault.WrongKey]);
            Assert.Equal(SealFault.Damaged, OpenFails(sealer, blob[..at]).Fault);
        }
    }

    [Fact]
    public void A_secret_cannot_be_put_in_the_place_of_another()
    {
        var sealer = Manager("a");
        var blob = sealer.Seal(Secret, "ssh/operator");

        Assert.Equal(SealFault.Damaged, OpenFails(sealer, blob).Fault);
    }

    [Fact]
    public void The_same_secret_is_sealed_differently_each_time_and_not_readable()
    {
        var sealer = Manager("a");
        var blob = sealer.Seal(Secret, Context);

        Assert.NotEqual(blob, sealer.Seal(Secret, Context));
        Assert.DoesNotContain("password", Encoding.Latin1.GetString(blob), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_key_file_is_not_made_anew_for_opening()
    {
        var blob = Manager("a").Seal(Secret, Context);
        File.Delete(KeyFile("a"));

        Assert.Equal(SealFault.KeyMissing, OpenFails(Manager("a"), blob).Fault);
        Assert.False(File.Exists(KeyFile("a")));
    }

    [Fact]
    public void A_key_file_others_may_read_is_refused_with_what_to_do()
    {
        var blob = Manager("a").Seal(Secret, Context);
        File.SetUnixFileMode(KeyFile("a"), OwnerOnly | UnixFileMode.GroupRead);

        var thrown = OpenFails(Manager("a"), blob);

        Assert.Equal(SealFault.KeyInvalid, thrown.Fault);
        Assert.Contains($"chmod 0600 {KeyFile("a")}", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n")]
    [InlineData("public")]
    [InlineData("P-384")]
    public void A_key_file_of_another_kind_is_refused(string content)
    {
        var blob = Manager("a").Seal(Secret, Context);
        using var other = ECDiffieHellman.Create(content == "P-384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256);
        File.WriteAllText(KeyFile("a"), content switch
        {
            "public" => other.ExportSubjectPublicKeyInfoPem(),
            "P-384" => other.ExportPkcs8PrivateKeyPem(),
            _ => content,
        });

        Assert.Equal(SealFault.KeyInvalid, OpenFails(Manager("a"), blob).Fault);
    }

    [Fact]
    public void A_public_key_off_the_curve_is_refused()
    {
        var point = WithKey("a").PublicKey.Point.ToArray();
        point[^1] ^= 1;

        Assert.Equal(SealFault.KeyInvalid, Assert.Throws<SealException>(() => SealPublicKey.Read(point)).Fault);
        Assert.Equal(SealFault.KeyInvalid, Assert.Throws<SealException>(() => SealPublicKey.Read(point.AsSpan(1))).Fault);
    }

    private static SealException OpenFails(Sealer sealer, byte[] blob) => Assert.Throws<SealException>(() => sealer.Open(blob, Context));

    private Sealer Manager(string name) => new(new SealKeyFile(new OsismHome(Path.Combine(_root, name))));

    private Sealer WithKey(string name)
    {
        var sealer = Manager(name);
        _ = sealer.PublicKey;
        return sealer;
    }

    private string KeyFile(string name) => Path.Combine(_root, name, "secrets", "seal.key");
}
