// Each class has a redis-server of its own; two classes at once are what a small machine bears.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: AssemblyFixture(typeof(JobAdmin.Client.Tests.Bench))]
