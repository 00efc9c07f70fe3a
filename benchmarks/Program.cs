using Osism.Benchmarks;

return await BenchmarkProgram.RunAsync(args, CancellationToken.None);
