"""What a transcript keeps as it is: names of properties without persons in them, types, and words of sentences."""

_KEPT = """
AccessLevel AdminDisplayVersion Characteristic ClientType ClientVersion DefaultAccessLevel DeviceAccessState
DeviceAccessStateReason DeviceActiveSyncVersion DeviceMobileOperator DeviceModel DeviceOS DeviceOSLanguage
DevicePolicyApplicationStatus DeviceType DeviceUserAgent Edition ErrorCategory_Activity ErrorCategory_Category
ErrorCategory_Reason ExchangeVersion MaxCalendarAgeFilter MaxEmailAgeFilter ObjectCategory ObjectClass ObjectState
QueryString RecipientType RecipientTypeDetails RequireEncryptionSMIMEAlgorithm RequireSignedSMIMEAlgorithm
ServerRole Status AllowBluetooth AllowSMIMEEncryptionAlgorithmNegotiation
"""
#: Properties whose texts describe a kind of device, a state or a version.
KEPT = frozenset(_KEPT.split())
#: Properties that hold sentences, or ids with sentences' words in them.
SENTENCES = frozenset({"Message", "ErrorDetails_Message", "FullyQualifiedErrorId", "InformationalRecord_Message"})
#: Properties of commands' metadata whose texts are names of cmdlets, parameters and types.
METADATA = frozenset({"Key", "Name", "ParameterType", "Namespace", "CommandType", "Aliases", "OutputType"})
#: Properties that say where code ran, on whose machine: nothing of them is kept.
DROPPED = frozenset(
    {"StackTrace", "ScriptStackTrace", "PositionMessage", "PSComputerName", "MachineName", "TargetSite"}
)
#: Types whose text is a number, a time span or the name of a constant.
PLAIN_TYPES = ("Unlimited`1", "EnhancedTimeSpan", "ServerVersion", "ExchangeObjectVersion", "ByteQuantifiedSize")

_WORDS = """
a abbreviation able about accept accepts access accessdenied account accounts action activated active actual
actually ad adapter add additional address administrator adtransientexception after again all allowed already
ambiguous ambiguousparameter ambiguousparameterset an and another answer any anything applied approved archive are
aren argument array as ask asked assigned at attempt attempted attribute auth authentication authorization
authorized automation available back backendserver bad basic be because been before beginning begins behind being
below between bind binder binding blank boolean both broke broken budget but by cache call caller calls came can
cannot carries cas catalog catalogue category cause causes certificate change changed changes changing check checked
class clear client clientaccessserver clients close closed cmdlet cmdletinvocation cmdletproxyexception cmdlets cn
code collection com comes command commandnotfoundexception commands common complete completed conclusive concurrency
concurrent configuration confirm confirms connect connected connection connectionerror connections contact
contacting contain contains controller controllers convert cookie correct could couldn count crc create created
creating culture current data database date datetime day dc decides default delay delayed delegate delegated
delegation denied depending describes destinationunreachable detail details device devices did didn directory
disabled disconnected display displayed dn do documented does doesn domain don down due duplicate duration during
each either empty enabled encode end ended endpoint endpoints enforced enough ensure entered entire entries entry
envelope error errors event every exact exceed exceeded except exception exchange exist existing exists
expired expression external fail failed fails failure failurecategory false fault feature fields file filter find
first fits folder following for forbidden force forest form format found from full function functions future general
get give given gives global go goes gone group groups guid hadn hand handler has hasn have haven heard held hidden
hide host how http https id identity ids if ignored in include included incorrect increase individual input instead
int integer internal invalid invalidargument invaliddata invalidoperation invariant invoke is isn it item items its
itself join just kerberos known language large last latest least leave leaves left length less lies limit limited
limits limitsexceeded list load local localized localizedexception log logged logical logon long longer look lost
made mailbox mailboxes make management managementobjectnotfoundexception mandatory many marks masked match matches
max maxconcurrency maximum may means message messages metadata method micro microsoft millis milliseconds min
minimum minutes missing missingmandatoryparameter mobile mode modified modify module moment month more most ms msecs
multiple must mustn my name named namedparameternotfound names negotiate never new next no noanswer non none not
notfound nothing notspecified notsupportedexception now ntlm null number object objectnotfound objects occur of off
old on once one online only opath open opened opening operable operation operations operationtimeout option options
or order organization origin other our out outcome outside over own package page parameter parameteralreadybound
parameterargumenttransformationerror parameterargumentvalidationerrornullnotallowed
parameterbindingargumenttransformationexception parameterbindingexception parameterbindingvalidationexception
parameters part partnership party passing password path pause people per perform performed permission
permissiondenied permissions pipeline place please policies policy pool position positional
positionalparameternotfound possible powershell prefix prefixed present prevent previous problem process processed
program properties property protocol provide provided provider proxied proxy proxycommand proxying ps pure puts
query quota quotaexceeded quotalimit quote raise ran range rate reached read readerror realm reason
recipient recipientfilter recognized record records reduce refusal regional remote remoteexception remotepowershell
remoting remove removed replace reports request requested requestid requests required requires reserved resolved
resource resourcequota resources resourceunavailable response rest result results resultsize retry returned rights
role roles routing row rows rpc rps rule rules run running runspace runtimeexception same save say says schema
schemas scope script scripts scriptsnotallowed second seconds section securityerror see select send sent sentence
sentences server servers serves service session sessions set setting settings several shell shellid shells should
shouldn show shown shut sid since size slow slower smtp so soap some something source specified specify spelling ssl
stamp stand stands started starting state status still stop stopped storage store string such support supported
switch syntax system systemexception t take task tasks tell temporarily term terminating text texts than that the
their them then there these they this those throttle throttled throttling time timed times timestamp tls to together
told too took topology transformation transport tried true try turn twice two type typed types unable unauthorized
unavailable unexpected unknown unlimited unspecified until up upn uri use used user users uses using utc uuid valid
value values verify version via view wait warning was wasn we were weren what when where whether which while who
whole whom wide wildcard will windows winrm wipe wiped with within without won word words wouldn write writeerror
wrong ws wsa wsman xml yes yet you your
"""
#: Words by which errors are told apart, and those round them. Whatever is no such word gets a stand-in.
WORDS = frozenset(_WORDS.split())
