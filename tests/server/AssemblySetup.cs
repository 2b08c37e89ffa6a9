[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: AssemblyFixture(typeof(JobAdmin.Client.Tests.Bench))]
