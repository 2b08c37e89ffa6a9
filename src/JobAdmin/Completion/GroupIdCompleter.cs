using System.Management.Automation;

namespace JobAdmin.Completion;

/// <summary>Completes ids of job groups, on servers that have them.</summary>
public sealed class GroupIdCompleter : LiveCompleter
{
    internal override async Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request)
    {
        if (request.Server is not IJobGroups groups)
        {
            return [];
        }

        var found = new List<CompletionResult>();
        foreach (var queue in await request.QueuesAsync().ConfigureAwait(false))
        {
            var all = await RememberAsync(request.Server, $"groups {queue}", () => groups.GetGroupsAsync(queue, request.Token)).ConfigureAwait(false);
            found.AddRange(all.Where(group => request.Word.Fits(group.GroupId)).Select(group => request.Word.Result(group.GroupId, $"{group.GroupId} in queue {queue}")));
        }

        return found;
    }
}
