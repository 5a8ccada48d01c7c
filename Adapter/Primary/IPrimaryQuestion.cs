namespace OrleansAdapter.Primary;

/// <summary>A question that the primary may ask this process (<see cref="SupervisionContract.QuestionLine"/>), and its answer.</summary>
internal interface IPrimaryQuestion
{
    /// <summary>Its name, one word.</summary>
    string Name { get; }

    /// <summary>The answer: one line. Called on a thread of the pool.</summary>
    string Answer();
}
