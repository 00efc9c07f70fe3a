using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Osism.Contracts.Jobs;
using Osism.Daemon.Inventory;
using Osism.Daemon.Jobs;
using Osism.Daemon.Notifications;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Testing;
using Osism.Tests.Jobs;

namespace Osism.Tests.Notifications;

/// <summary>From the end of a job to a real receiver.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly LogCollector _log = new();
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_failure_reaches_a_webhook_with_what_one_must_know()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(("ops", new ReceiverOptions { Kind = "webhook", Url = $"{receiver.Url}/hook/S3CRET", Token = "t0ken" }));
        var job = await EndedAsync(JobState.Failed);

        await TellAsync(desk);

        var request = Assert.Single(receiver.All);
        Assert.Equal(("POST", "/hook/S3CRET", "Bearer t0ken"), (request.Method, request.Path, request.Authorization));
        Assert.NotEmpty(request.Key!);
        using var body = JsonDocument.Parse(request.Body);
        Assert.Equal("failure", body.RootElement.GetProperty("event").GetString());
        Assert.Equal("generic/ping", body.RootElement.GetProperty("subject").GetString());
        Assert.Equal(job.Id, body.RootElement.GetProperty("job").GetGuid());
        Assert.Equal("failed", body.RootElement.GetProperty("state").GetString());
        Assert.Equal("OSISM: generic/ping is failed", body.RootElement.GetProperty("title").GetString());
        Assert.Contains($"osism task show {job.Id}", body.RootElement.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chats_and_templates_get_the_json_they_want()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(
            ("slack", new ReceiverOptions { Kind = "slack", Url = $"{receiver.Url}/slack" }),
            ("room", new ReceiverOptions { Kind = "matrix", Url = $"{receiver.Url}/_matrix/client/v3/rooms/!r:x/send/m.room.message", Token = "m" }),
            ("own", new ReceiverOptions { Kind = "webhook", Url = $"{receiver.Url}/own", Template = """{"n": 1, "cards": ["{event} of {subject}", {"deep": "{state} {title} {none}"}]}""" }));
        await EndedAsync(JobState.Unreachable);

        await TellAsync(desk);

        var all = receiver.All.ToDictionary(request => request.Path.Split('/')[1], StringComparer.Ordinal);
        Assert.StartsWith("{\"text\":\"OSISM: generic/ping is unreachable\\n", all["slack"].Body, StringComparison.Ordinal);
        Assert.Equal("PUT", all["_matrix"].Method);
        Assert.EndsWith($"/m.room.message/osism-{all["_matrix"].Key}", all["_matrix"].Path, StringComparison.Ordinal);
        Assert.StartsWith("{\"msgtype\":\"m.text\",\"body\":\"OSISM: ", all["_matrix"].Body, StringComparison.Ordinal);
        Assert.Equal("""{"n":1,"cards":["failure of generic/ping",{"deep":"unreachable OSISM: generic/ping is unreachable {none}"}]}""", all["own"].Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s3cret w0rd")]
    public async Task A_mail_reaches_a_real_mail_server(string password)
    {
        await using var receiver = await MailReceiver.StartAsync(password);
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["password"], $"{password}\n", _token);
        var desk = Desk(("ops", new ReceiverOptions
        {
            Kind = "mail",
            Server = "127.0.0.1",
            Port = receiver.Port,
            From = "osism@example.org",
            To = "ops@example.org, night@example.org",
            User = password.Length > 0 ? "osism" : null,
            PasswordFile = folder["password"],
        }));
        var job = await EndedAsync(JobState.Failed);

        await TellAsync(desk);

        Assert.Equal(["sent"], await _jobs.QueryAsync<string>("select state || coalesce(error, '') from notification_delivery"));
        var mail = await receiver.MailAsync();
        Assert.Contains("OSISM: generic/ping is failed", mail, StringComparison.Ordinal);
        Assert.Contains("ops@example.org", mail, StringComparison.Ordinal);
        Assert.Contains("night@example.org", mail, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", mail, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"{job.Id}", mail.ReplaceLineEndings("\n").Replace("=\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_failure_is_told_once_and_its_end_too()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(("ops", new ReceiverOptions { Kind = "webhook", Url = receiver.Url }));
        (JobState State, string Role)[] ends =
        [
            (JobState.Succeeded, "ping"), (JobState.Failed, "ping"), (JobState.Failed, "ping"), (JobState.Unreachable, "ping"), (JobState.Failed, "other"),
            (JobState.Succeeded, "ping"), (JobState.Succeeded, "ping"), (JobState.Failed, "ping"),
        ];
        foreach (var (state, role) in ends)
        {
            await EndedAsync(state, role);
            await TellAsync(desk);
        }

        Assert.Equal(
            ["OSISM: generic/ping is failed", "OSISM: generic/other is failed", "OSISM: generic/ping works again", "OSISM: generic/ping is failed"],
            receiver.All.Select(Title));
        Assert.Equal(4, receiver.All.Select(request => request.Key).Distinct().Count());
    }

    [Fact]
    public async Task After_a_while_a_failure_that_goes_on_is_told_again()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(("ops", new ReceiverOptions { Kind = "webhook", Url = receiver.Url }));
        foreach (var hour in new[] { 0, 6, 11, 13, 14 })
        {
            await _jobs.SetNowAsync(Noon.AddHours(hour));
            await EndedAsync(JobState.Failed);
            await TellAsync(desk);
        }

        Assert.Equal(2, receiver.All.Count);
    }

    [Fact]
    public async Task Loss_and_what_follows_it_are_told()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(("ops", new ReceiverOptions { Kind = "webhook", Url = receiver.Url }));
        var job = await _jobs.RunningAsync(JobsSetup.Worker("w"), Draft("ping"));

        await _jobs.Store.ChangeAsync(job.Id, null, "sweep", (j, _) => j.Disconnect("no heartbeat"), _token);
        await TellAsync(desk);
        await _jobs.Store.ChangeAsync(job.Id, null, "w", (j, _) => j.Reconnect(), _token);
        await TellAsync(desk);
        await _jobs.EndAsync(job, JobState.Lost);
        await TellAsync(desk);

        Assert.Equal(["OSISM: generic/ping is disconnected", "OSISM: generic/ping goes on", "OSISM: generic/ping is lost"], receiver.All.Select(Title));
    }

    [Fact]
    public async Task Sources_of_the_inventory_that_break_are_told_and_also_when_they_are_whole_again()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(
            ("ops", new ReceiverOptions { Kind = "webhook", Url = receiver.Url }), ("kolla", new ReceiverOptions { Kind = "webhook", Url = receiver.Url, Environments = "kolla" }));
        var heads = new InventoryRevisions(_jobs.Database);
        const string Faults = """[{"file": "inventory/hosts", "line": 4, "code": "source.unparsed", "message": "no such group"}, {"code": "x", "message": "y"}]""";

        await SetAsync(7, "[]");
        Assert.Empty(receiver.All);
        await SetAsync(null, Faults);
        await SetAsync(null, Faults);
        await SetAsync(8, "[]");
        await SetAsync(9, "[]");

        Assert.Equal(["OSISM: the sources of the inventory are broken", "OSISM: the sources of the inventory are whole again"], receiver.All.Select(Title));
        using var body = JsonDocument.Parse(receiver.All[0].Body);
        Assert.Equal(("failure", "inventory/reconcile", "broken"), (Of("event"), Of("subject"), Of("state")));
        Assert.Equal(JsonValueKind.Null, body.RootElement.GetProperty("job").ValueKind);
        Assert.StartsWith("inventory/hosts, line 4: no such group (and 1 more)\nrevision 7 stays in effect\n", Of("text"), StringComparison.Ordinal);

        string? Of(string name) => body.RootElement.GetProperty(name).GetString();

        async Task SetAsync(long? published, string faults)
        {
            await heads.SetPublishedAsync("here", published, "hash", faults, "test", 1, _token);
            await TellAsync(desk);
        }
    }

    [Fact]
    public async Task A_repetition_that_follows_a_failure_is_waited_for()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(("ops", new ReceiverOptions { Kind = "webhook", Url = receiver.Url }));
        var worker = JobsSetup.Worker("w");
        await _jobs.EndAsync(await _jobs.RunningAsync(worker, Draft("ping") with { RetriesLeft = 1 }), JobState.Failed);
        await TellAsync(desk);
        Assert.Empty(receiver.All);

        await _jobs.EndAsync(Assert.Single(await _jobs.Store.ClaimAsync(worker, JobsSetup.Queue, 1, _token)), JobState.Failed);
        await TellAsync(desk);
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task A_job_that_is_silent_for_long_is_told_once()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(options => options.SilenceAfter = TimeSpan.FromMinutes(30), ("ops", new ReceiverOptions { Kind = "webhook", Url = receiver.Url }));
        var job = await _jobs.RunningAsync(JobsSetup.Worker("w"), Draft("ping"));
        await desk.WatchSilenceAsync(_token);
        Assert.Empty(await _jobs.QueryAsync<long>("select id from notification_event"));

        await _jobs.ExecuteAsync($"update job set started_at = osism_now() - interval '31 min' where id = '{job.Id}'");
        for (var look = 0; look < 2; look++)
        {
            await desk.WatchSilenceAsync(_token);
            await TellAsync(desk);
        }

        Assert.Equal("OSISM: generic/ping is silent", Title(Assert.Single(receiver.All)));
    }

    [Fact]
    public async Task A_silence_is_counted_on_by_whoever_watches_and_begins_anew_with_a_word()
    {
        Task WatchAsync() => Desk(options => options.SilenceAfter = TimeSpan.FromMinutes(30)).WatchSilenceAsync(_token);
        Task<List<string>> ToldAsync() => _jobs.QueryAsync<string>("select detail from notification_event order by id");
        var job = await _jobs.RunningAsync(JobsSetup.Worker("w"), Draft("ping"));
        async Task SilentForAsync(int minutes) => await _jobs.ExecuteAsync(
            $"update job set output_at = osism_now() - interval '{minutes} min', started_at = osism_now() - interval '2 hours' where id = '{job.Id}'");

        await SilentForAsync(29);
        await WatchAsync();
        Assert.Empty(await ToldAsync());

        await SilentForAsync(31);
        await WatchAsync();
        await WatchAsync();
        Assert.Equal(["no output for 31 min"], await ToldAsync());

        // It said something, and is silent again, also after that was told.
        await _jobs.ExecuteAsync("update notification_event set at = at - interval '45 min'");
        await SilentForAsync(40);
        await WatchAsync();
        await WatchAsync();
        Assert.Equal(["no output for 31 min", "no output for 40 min"], await ToldAsync());
    }

    [Fact]
    public async Task A_receiver_hears_only_what_it_wants()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var desk = Desk(
            ("losses", new ReceiverOptions { Kind = "webhook", Url = receiver.Url, Events = "loss" }),
            ("kolla", new ReceiverOptions { Kind = "webhook", Url = receiver.Url, Environments = "kolla" }));
        await EndedAsync(JobState.Failed);
        await TellAsync(desk);
        Assert.Empty(receiver.All);
    }

    [Fact]
    public async Task A_receiver_that_is_dead_holds_up_neither_jobs_nor_the_others_and_gets_it_when_it_is_back()
    {
        await using var dead = await HttpReceiver.StartAsync();
        await using var well = await HttpReceiver.StartAsync();
        dead.Status = 0;
        var desk = Desk(
            options =>
            {
                options.Poll = TimeSpan.FromMilliseconds(50);
                options.Timeout = TimeSpan.FromSeconds(1);
                options.RetryAfter = TimeSpan.FromMilliseconds(200);
            },
            ("dead", new ReceiverOptions { Kind = "webhook", Url = $"{dead.Url}/S3CRET", Token = "t0ken" }),
            ("well", new ReceiverOptions { Kind = "webhook", Url = well.Url }));
        await desk.StartAsync(_token);
        try
        {
            await EndedAsync(JobState.Failed);
            await Eventually.TrueAsync(() => dead.All.Count > 0, "the dead one is tried", _token);

            // Ends while it hangs: none waits for it.
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < 20; i++)
            {
                await EndedAsync(JobState.Failed, $"role-{i}");
            }

            TestContext.Current.SendDiagnosticMessage($"20 jobs submitted, claimed, run and ended in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms beside a dead receiver");
            // An answer that came too late is asked for again, with the same key.
            await Eventually.TrueAsync("the other one has all", () => well.All.Select(request => request.Key).Distinct().Count() == 21, Bounds.Long, _token);
            await Eventually.TrueAsync(
                () => _log.Lines.Any(line => line.Contains("Receiver dead did not take a notification (no answer within 1 s)", StringComparison.Ordinal)), "the log says so", _token);

            dead.Status = 503;
            await Eventually.TrueAsync(
                "it is refused", async _ => (await _jobs.QueryAsync<string>("select error from notification_delivery where error = 'answered 503'")).Count > 0,
                Bounds.Long, _token);
            dead.Status = 200;
            await Eventually.TrueAsync(
                "it has all", async _ => (await _jobs.QueryAsync<long>("select count(*) from notification_delivery where state = 'sent' and receiver = 'dead'"))[0] == 21,
                Bounds.Long, _token);
            Assert.DoesNotContain(_log.Lines, line => line.Contains("S3CRET", StringComparison.Ordinal) || line.Contains("t0ken", StringComparison.Ordinal));
        }
        finally
        {
            await desk.StopAsync(_token);
            desk.Dispose();
        }
    }

    [Fact]
    public async Task What_is_never_taken_is_given_up()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        receiver.Status = 500;
        var desk = Desk(("ops", new ReceiverOptions { Kind = "webhook", Url = receiver.Url }));
        await _jobs.SetNowAsync(Noon);
        await EndedAsync(JobState.Failed);
        for (var hour = 0; hour < 30; hour++)
        {
            await _jobs.SetNowAsync(Noon.AddHours(hour));
            await TellAsync(desk);
        }

        Assert.Equal(["failed answered 500"], await _jobs.QueryAsync<string>("select state || ' ' || error from notification_delivery"));
        Assert.InRange(receiver.All.Count, 20, 26);
        Assert.Single(receiver.All.Select(request => request.Key).Distinct());
    }

    [Fact]
    public async Task An_event_stands_or_falls_with_the_end_of_its_job()
    {
        var job = await _jobs.RunningAsync(JobsSetup.Worker("w"), Draft("ping"));
        await _jobs.ExecuteAsync($"begin; update job set state = 4 where id = '{job.Id}'; rollback");
        Assert.Empty(await _jobs.QueryAsync<long>("select id from notification_event"));

        await _jobs.EndAsync(job, JobState.Failed);
        Assert.Single(await _jobs.QueryAsync<long>("select id from notification_event"));
    }

    [Theory]
    [InlineData("sms", "http://x", null, null, "kind is 'sms'")]
    [InlineData("webhook", "ftp://x", null, null, "url must be")]
    [InlineData("slack", null, null, null, "url must be")]
    [InlineData("webhook", "http://x", "fire", null, "there is no event 'fire'")]
    [InlineData("webhook", "http://x", null, "{", "the template is no JSON")]
    [InlineData("slack", "http://x", null, "{}", "a template is for the kind webhook")]
    [InlineData("mail", null, null, null, "'to' is missing")]
    public void What_cannot_work_is_refused_at_the_start(string kind, string? url, string? events, string? template, string word)
    {
        var options = new NotificationOptions();
        options.Receivers["ops"] = new ReceiverOptions { Kind = kind, Url = url, Events = events, Template = template };

        Assert.Contains(
            new NotificationOptionsValidator().Validate(null, options).Failures!,
            fault => fault.Contains(word, StringComparison.Ordinal) && fault.StartsWith("notifications.receivers.ops: ", StringComparison.Ordinal));
    }

    private static string? Title(Received request)
    {
        using var body = JsonDocument.Parse(request.Body);
        return body.RootElement.GetProperty("title").GetString();
    }

    private static Job Draft(string role) => JobsSetup.Draft() with { Role = role, Environment = "generic" };

    private async Task TellAsync(NotificationDesk desk)
    {
        await desk.DecideAsync(_token);
        await desk.SendAllAsync(_token);
    }

    private async Task<Job> EndedAsync(JobState state, string role = "ping") =>
        (await _jobs.EndAsync(await _jobs.RunningAsync(JobsSetup.Worker("w"), Draft(role)), state))!;

    private NotificationDesk Desk(params (string Name, ReceiverOptions Receiver)[] receivers) => Desk(_ => { }, receivers);

    private NotificationDesk Desk(Action<NotificationOptions> change, params (string Name, ReceiverOptions Receiver)[] receivers)
    {
        var options = new NotificationOptions();
        change(options);
        foreach (var (name, receiver) in receivers)
        {
            options.Receivers[name] = receiver;
        }

        var set = Options.Create(options);
        var leadership = new Leadership(
            _jobs.Database, new DaemonInstance(Guid.CreateVersion7(), "test"), TimeProvider.System, NullLogger<Leadership>.Instance);
        return new NotificationDesk(
            new NotificationStore(_jobs.Database), new NotificationSender(set), leadership, set, TimeProvider.System, new Logger<NotificationDesk>(_log));
    }
}
