using Osism.Daemon.Hosting;

return await DaemonProgram.RunAsync(args);
