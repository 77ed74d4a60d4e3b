import json
X = lambda text, schema=None, **o: dict(format="xml", files={"a.xml": text}, options=dict(rowTag="r", **o), **({"schema": schema} if schema else {}))
cases = {
 "xml types": X("<rs><r><a>1</a><b>1.5</b><c>x</c><d>true</d><e>2024-01-02</e><f>2024-01-02T03:04:05Z</f><g/></r></rs>"),
 "xml merge": X("<rs><r><a>1</a><b>1</b></r><r><a>1.5</a><b>x</b></r></rs>"),
 "xml array": X("<rs><r><a>1</a><a>2</a></r><r><a>3</a></r></rs>"),
 "xml attributes": X('<rs><r id="7"><a u="m">2</a></r><r id="8"><a>2.5</a></r></rs>'),
 "xml nested": X("<rs><r><a><b><c>1</c><c>2</c></b></a><d><e>x</e></d></r></rs>"),
 "xml mixed text": X("<rs><r>t1<a>1</a>t2</r><r><a>2</a></r></rs>"),
 "xml big numbers": X("<rs><r><a>99999999999999999999</a><b>+5</b><c>-.5</c><d>1e5</d><e>007</e></r></rs>"),
 "xml decimals": X("<rs><r><a>1.25</a><b>100</b></r><r><a>100</a><b>1.5</b></r></rs>", prefersDecimal="true"),
 "xml strings": X("<rs><r><a>1</a></r></rs>", inferSchema="false"),
 "xml dates": X("<rs><r><a>2024-01-02</a><b>2024-01-02</b><c>2024-1-2</c></r><r><a>2024-01-03</a><b>2024-01-02 03:04:05</b><c>x</c></r></rs>"),
 "xml letter case": X("<rs><r><a>1</a><A>2</A></r></rs>"),
 "xml nulls": X("<rs><r><a>-</a><b>1</b></r><r><a>2</a><b>-</b></r></rs>", nullValue="-"),
 "xml empty": X("<rs><r><a></a><b> </b><c/></r></rs>", "a string, b string, c int"),
 "xml spaces": X("<rs><r><a> x </a><b> 1 </b></r></rs>", "a string, b string", ignoreSurroundingSpaces="false"),
 "xml given schema": X('<rs><r id="1"><a>1</a><l>1</l><l>2</l><s><x>1</x></s><m><k>1</k><j>2</j></m><bo>1</bo></r></rs>',
    "_id long, a int, l array<int>, s struct<x:int,y:string>, m map<string,int>, bo boolean, no string"),
 "xml markup in string": X('<rs><r><a>x<b c="d">y</b> z</a></r></rs>', "a string"),
 "xml CDATA": X("<rs><r><a><![CDATA[<x>&]]></a><b>&lt;&#65;&amp;</b></r></rs>", "a string, b string"),
 "xml comments": X("<rs><!-- <r><a>0</a></r> --><r><a>1</a><!-- c --></r></rs>", "a int"),
 "xml value tag": X('<rs><r><a u="1">x</a></r></rs>', "a struct<_u:int,v:string>", valueTag="v"),
 "xml prefix": X('<rs><r id="1"/></rs>', "`@id` int", attributePrefix="@"),
 "xml no attributes": X('<rs><r id="1"><a>1</a></r></rs>', excludeAttribute="true"),
 "xml namespace": X('<rs xmlns:x="u"><r><x:a>1</x:a></r></rs>'),
 "xml ignore namespace": X('<rs xmlns:x="u"><x:r><x:a>1</x:a></x:r></rs>', ignoreNamespace="true"),
 "xml wildcard": X("<rs><r><a>1</a><b>2</b><c><d>3</d></c></r></rs>", "a int, xs_any array<string>"),
 "xml types of schema": X("<rs><r><a>1,2.5</a><b>2024-02-29T01:02:03Z</b><c>2024-02-29 01:02:03</c><d>1.5</d></r></rs>", "a decimal(5,2), b timestamp, c timestamp_ntz, d float"),
 "xml repeated": X("<rs><r><a>1</a><a>2</a></r></rs>", "a int"),
 "xml array of structs": X("<rs><r><a><x>1</x></a><a/><a u='1'><x>2</x></a></r></rs>", "a array<struct<x:int,_u:int>>"),
 "xml bad value alone": X("<rs><r><a>x</a></r><r><a>2</a></r></rs>", "a int, _corrupt_record string"),
 "xml dropped": X("<rs><r><a>x</a></r><r><a>2</a></r></rs>", "a int", mode="DROPMALFORMED"),
 "xml date format": X("<rs><r><a>31.12.2024</a></r></rs>", "a date", dateFormat="dd.MM.yyyy"),
 "xml no rows": X("<rs/>", "a int"),
 "xml nested rows": X("<rs><r><a>1</a><r><a>2</a></r></r></rs>", "a int, r struct<a:int>"),
 "xml struct and text": X("<rs><r><a>1</a></r><r><a><b>2</b></a></r></rs>"),
 "xml map": X('<rs><r><m u="1"><x>2</x><x>3</x></m></r></rs>', "m map<string,int>"),
}
C = lambda text, schema=None, **o: dict(format="csv", files={"a.csv": text}, options=o, **({"schema": schema} if schema else {}))
for h in ["STOP_AT_DELIMITER", "STOP_AT_CLOSING_QUOTE", "BACK_TO_DELIMITER", "SKIP_VALUE"]:
    cases["csv " + h] = C('a"b,"c"d,e",f\n"x""y","z', "a string, b string, c string", unescapedQuoteHandling=h)
cases.update({
 "csv many characters": C("1||2||x|y\n", "a int, b int, c string", sep="||"),
 "csv comment": C("#x\n1\n", "a int", comment="#"),
 "csv escape": C('"a\\"b","c^"d"\n', "a string, b string", escape="\\"),
 "csv escape of escape": C('"a^^","b^"c"\n', "a string, b string", escape="^", charToEscapeQuoteEscaping="^"),
})
J = lambda text, schema=None, **o: dict(format="json", files={"a.json": text}, options=o, **({"schema": schema} if schema else {}))
cases.update({
 "json infer": J('{"a":1,"b":[1,2.5],"c":{"d":null,"e":"x"}}\n{"a":"x","b":[],"f":[]}\n'),
 "json decimals": J('{"a":1.10,"b":12345678901234567890}\n{"a":200}\n', prefersDecimal="true"),
 "json strings": J('{"a":1,"b":true,"c":[1]}\n', primitivesAsString="true"),
 "json drop": J('{"a":null,"b":[],"c":[null],"d":{"e":null},"f":1}\n', dropFieldIfAllNull="true"),
 "json timestamps": J('{"a":"2024-01-02T03:04:05Z","b":"2024-01-02"}\n', inferTimestamp="true"),
})
json.dump(cases, open("cases.json", "w"), indent=1, ensure_ascii=False)
