namespace JobAdmin.Client.Tests.Contracts;

/// <summary>What a job keeps of what it was made of.</summary>
public sealed class QueueJobTests
{
    [Fact]
    public void TimesAreKeptToTheTickWithOffsetZero()
    {
        var time = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(2)).AddTicks(8);
        var job = new QueueJob { Queue = "q", Id = "1", Timestamp = time, ProcessedOn = DateTimeOffset.MinValue, FinishedOn = DateTimeOffset.MaxValue };
        Assert.Equal((time, TimeSpan.Zero), (job.Timestamp!.Value, job.Timestamp.Value.Offset));
        Assert.Equal((DateTimeOffset.MinValue, DateTimeOffset.MaxValue), (job.ProcessedOn, job.FinishedOn));
        Assert.Null(job.DelayUntil);
    }

    [Fact]
    public void AReasonIsOneStringHoweverOftenItIsRead()
    {
        var job = new QueueJob { Queue = "q", Id = "1", RawFailedReason = "größer\u2028\ud83d\ude00"u8.ToArray() };
        Assert.Equal("größer\u2028\ud83d\ude00", job.FailedReason);
        Assert.Same(job.FailedReason, job.FailedReason);
        Assert.Equal("", new QueueJob { Queue = "q", Id = "1", RawFailedReason = [] }.FailedReason);
        Assert.Null(new QueueJob { Queue = "q", Id = "1", RawFailedReason = null, FailedReason = null }.FailedReason);
    }

    [Fact]
    public void WhatMostJobsLackIsThereWhereItWasGiven()
    {
        var bare = new QueueJob { Queue = "q", Id = "1", ParentId = null, StackTrace = null };
        Assert.All(
            [bare.DeferredFailure, bare.ParentId, bare.ParentQueue, bare.SchedulerId, bare.DeduplicationId, bare.OriginalId, bare.ResultId, bare.GroupId, bare.Problem, bare.GetDataText()],
            Assert.Null);
        Assert.True(bare.StackTrace is null && bare.Log is null && bare.GetData() is null && bare.GetOptions() is null && bare.GetReturnValue() is null);

        var full = new QueueJob
        {
            Queue = "q", Id = "1", DeferredFailure = "a", ParentId = "b", ParentQueue = "c", SchedulerId = "d", DeduplicationId = "e", OriginalId = "f", ResultId = "g", GroupId = "h",
            StackTrace = ["i"], Log = ["j"], RawData = "[1]"u8.ToArray(),
        }.WithProblem("k");
        Assert.Equal(
            new List<string?> { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "[1]", "k" },
            [full.DeferredFailure, full.ParentId, full.ParentQueue, full.SchedulerId, full.DeduplicationId, full.OriginalId, full.ResultId, full.GroupId,
                full.StackTrace![0], full.Log![0], full.GetDataText(), full.Problem]);
    }
}
