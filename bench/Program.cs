Console.Error.WriteLine("usage: bench directory");
return 2;
