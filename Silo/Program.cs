// The program's roles are written with the Local engine (issue 2).
Console.Error.WriteLine("usage: Silo primary|directory");
return 2;
